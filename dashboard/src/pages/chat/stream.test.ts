import { afterEach, expect, it, vi } from 'vitest';
import type { Answer } from './answer.ts';
import { type ChatRequest, curlOf, requestOf, type Turn } from './request.ts';
import { ask } from './stream.ts';

afterEach(() => vi.unstubAllGlobals());

const REQUEST = requestOf('http://127.0.0.1:3001/v1', 'm', '', [], 'Hello');

function answers(response: Response | Error): void {
  const answer = () => (response instanceof Error ? Promise.reject(response) : Promise.resolve(response));
  vi.stubGlobal('fetch', vi.fn(answer));
}

function streamed(pieces: readonly Uint8Array[], onCancel = () => {}): Response {
  const source = [...pieces];
  const body = new ReadableStream<Uint8Array>({
    pull(controller) {
      const piece = source.shift();
      if (piece) controller.enqueue(piece);
      else controller.close();
    },
    cancel: onCancel,
  });
  return new Response(body, { headers: { 'content-type': 'text/event-stream' } });
}

const bytes = (text: string) => new TextEncoder().encode(text);
const run = (signal = new AbortController().signal) => ask(REQUEST, signal, () => {});

async function check(response: Response | Error, expected: Partial<Answer>) {
  answers(response);
  expect(await run()).toMatchObject(expected);
}

it('reads letters that were cut in two', async () => {
  const whole = bytes('data: {"choices":[{"delta":{"content":"日本é"}}]}\r\n\r\ndata: [DONE]\r\n\r\n');
  await check(streamed([...whole].map((byte) => Uint8Array.of(byte))), { text: '日本é', ending: 'complete' });
});

it('says that a stream without its end is incomplete', async () => {
  const piece = bytes('data: {"choices":[{"delta":{"content":"Hel"}}]}\n\n: ping\n\n');
  await check(streamed([piece]), { text: 'Hel', ending: 'incomplete', error: null });
});

it('ends the request where the stream goes on after [DONE]', async () => {
  const cancelled = vi.fn();
  answers(streamed([bytes('data: [DONE]\n\n'), bytes(': ping\n\n'), bytes(': ping\n\n')], cancelled));
  expect((await run()).ending).toBe('complete');
  expect(cancelled).toHaveBeenCalledOnce();
});

it('says what the router says', async () => {
  const body = JSON.stringify({ error: { message: 'There is no model `m`', code: 'model_not_found' } });
  await check(new Response(body, { status: 404 }), { ending: 'failed', error: 'There is no model `m` (404)' });
  await check(new Response('Bad gateway', { status: 502 }), { ending: 'failed', error: 'The router answered 502' });
  await check(new TypeError('Failed to fetch'), { error: 'The router did not answer this page.' });
});

it('stops when it is told to, and keeps what has come', async () => {
  const abort = new AbortController();
  const pieces = [bytes('data: {"choices":[{"delta":{"content":"Hel"}}]}\n\n')];
  const body = new ReadableStream<Uint8Array>({
    start: (controller) => abort.signal.addEventListener('abort', () => controller.error(abort.signal.reason)),
    pull: (controller) => {
      const piece = pieces.shift();
      if (piece) controller.enqueue(piece);
    },
  });
  answers(new Response(body, { headers: { 'content-type': 'text/event-stream' } }));
  const answer = await ask(REQUEST, abort.signal, ({ text }) => text && abort.abort());
  expect(answer).toMatchObject({ text: 'Hel', ending: 'stopped', error: null });
});

it('tells what was said before, save what was not answered', () => {
  const turn = (question: string, text: string) => ({ question, answer: { text } }) as Turn;
  const turns = [turn('a', 'A'), turn('b', '')];
  const { body } = requestOf('http://h/v1', 'm', ' Be brief. ', turns, 'c');
  expect(body.messages).toEqual([
    { role: 'system', content: 'Be brief.' },
    { role: 'user', content: 'a' },
    { role: 'assistant', content: 'A' },
    { role: 'user', content: 'c' },
  ]);
});

it('makes a line that a shell takes as it is', () => {
  const request: ChatRequest = requestOf('http://h/v1', 'm', '', [], "It's $HOME `x`");
  expect(curlOf(request)).toContain(`"content":"It'\\''s $HOME \`x\`"`);
  expect(curlOf(request)).toMatch(/^curl -N http:\/\/h\/v1\/chat\/completions \\\n/);
});
