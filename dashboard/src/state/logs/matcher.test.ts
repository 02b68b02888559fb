import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { compile, matchesOf } from './match.ts';
import { Matcher, TOO_SLOW, type WorkerLike } from './matcher.ts';
import type { Question } from './matcher.worker.ts';

/** A worker that answers when it is told to, or never. */
class FakeWorker implements WorkerLike {
  onmessage: WorkerLike['onmessage'] = null;
  onerror: WorkerLike['onerror'] = null;
  terminated = false;
  asked: Question[] = [];
  postMessage = (question: Question) => void this.asked.push(question);
  terminate = () => {
    this.terminated = true;
  };
  answer(): void {
    const { pattern, texts } = this.asked.shift() as Question;
    const data = texts.map((text) => matchesOf(compile(pattern) as RegExp, text));
    this.onmessage?.call(this as unknown as Worker, new MessageEvent('message', { data }));
  }
}

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

function set(source: string) {
  const worker = new FakeWorker();
  const failures: string[] = [];
  const matcher = new Matcher(
    { source, matchCase: false },
    (why) => failures.push(why),
    () => worker,
  );
  return { worker, failures, matcher };
}

it('asks a batch at a time and answers in order', () => {
  const { worker, matcher, failures } = set('7$');
  const answers: [number, number, boolean][] = [];
  const texts = Array.from({ length: 1_100 }, (_text, at) => `line ${at}`);
  matcher.ask(texts, (reply, at, last) => answers.push([reply.filter((found) => found).length, at, last]));
  for (let batch = 0; batch < 3; batch += 1) {
    expect(worker.asked.length).toBe(1);
    worker.answer();
  }
  expect(answers).toEqual([
    [50, 0, false],
    [50, 500, false],
    [10, 1_000, true],
  ]);
  vi.advanceTimersByTime(60_000);
  expect(failures).toEqual([]);
});

it('ends an expression that does not come to an end', () => {
  const { worker, matcher, failures } = set('(a+)+$');
  matcher.ask(['aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!'], () => expect.unreachable());
  vi.advanceTimersByTime(5_000);
  expect(failures).toEqual([TOO_SLOW]);
  expect(worker.terminated).toBe(true);
});

it('gives up where lines come faster than they are searched', () => {
  const { matcher, failures } = set('x');
  const texts = Array.from({ length: 9_000 }, () => 'y');
  for (let times = 0; times < 3; times += 1) matcher.ask(texts, () => {});
  expect(failures.length).toBe(1);
});
