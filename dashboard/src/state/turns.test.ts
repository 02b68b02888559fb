import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { inTurn } from './turns.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

/** What has been shown by now is on the screen. */
const frame = () => vi.advanceTimersByTimeAsync(50);

/** A call whose answer comes when it is told to. */
function held(sent: string[], name: string) {
  let resolve = (_name: string) => {};
  let reject = (_error: Error) => {};
  const promise = new Promise<string>((yes, no) => {
    [resolve, reject] = [yes, no];
  });
  const send = () => {
    sent.push(name);
    return promise;
  };
  return { send, answer: () => resolve(name), refuse: () => reject(new Error(name)) };
}

test('an order leaves once the one before it was answered, also by a refusal', async () => {
  const sent: string[] = [];
  const [start, stop, again] = [held(sent, 'start'), held(sent, 'stop'), held(sent, 'again')];
  const first = inTurn(['a'], start.send);
  const second = inTurn(['a'], stop.send);
  const third = inTurn(['a'], again.send);
  expect(sent).toEqual([]);
  await frame();
  expect(sent).toEqual(['start']);
  start.refuse();
  await expect(first).rejects.toThrow('start');
  await vi.advanceTimersByTimeAsync(0);
  expect(sent).toEqual(['start', 'stop']);
  stop.answer();
  await second;
  await vi.advanceTimersByTimeAsync(0);
  expect(sent).toEqual(['start', 'stop', 'again']);
  again.answer();
  expect(await third).toBe('again');
});

test('processes do not wait for each other, but for an order to all of them', async () => {
  const sent: string[] = [];
  const [a, b, all] = [held(sent, 'a'), held(sent, 'b'), held(sent, 'all')];
  void inTurn(['a'], a.send);
  void inTurn(['b'], b.send);
  void inTurn(['a', 'b'], all.send);
  await frame();
  expect(sent).toEqual(['a', 'b']);
  a.answer();
  await vi.advanceTimersByTimeAsync(0);
  expect(sent).toEqual(['a', 'b']);
  b.answer();
  await vi.advanceTimersByTimeAsync(0);
  expect(sent).toEqual(['a', 'b', 'all']);
});

test('an order that is never answered holds up the next one for a second', async () => {
  const sent: string[] = [];
  void inTurn(['c'], held(sent, 'lost').send);
  void inTurn(['c'], held(sent, 'next').send);
  await vi.advanceTimersByTimeAsync(999);
  expect(sent).toEqual(['lost']);
  await vi.advanceTimersByTimeAsync(1);
  expect(sent).toEqual(['lost', 'next']);
});
