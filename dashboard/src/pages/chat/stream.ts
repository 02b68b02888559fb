// Sends a request to the router and tells of its answer as it grows.
import { errorTextOf, wordsOf } from '@/state/router.ts';
import { type Answer, BEGUN, ended, failed, withEnd, withEvent, withWhole } from './answer.ts';
import type { ChatRequest } from './request.ts';
import { feed, finish, NOTHING, type SseEvent } from './sse.ts';

/** Resolves with the whole answer, however it ended; never rejects. */
export async function ask(
  request: ChatRequest,
  signal: AbortSignal,
  onAnswer: (answer: Answer) => void,
): Promise<Answer> {
  const begun = performance.now();
  const now = () => Math.round(performance.now() - begun);
  let answer = BEGUN;
  const grow = (next: Answer) => {
    answer = next;
    onAnswer(next);
  };
  try {
    const response = await send(request, signal);
    if (!response.ok) grow(failed(answer, await refusalOf(response), now()));
    else if (isJson(response)) grow(withWhole(answer, await response.json(), now()));
    else {
      for await (const events of eventsOf(response)) {
        grow(events.reduce((known, event) => withEvent(known, event, now()), answer));
        if (answer.ending !== 'running') break;
      }
      grow(withEnd(answer, now()));
    }
  } catch (thrown) {
    grow(signal.aborted ? ended(answer, 'stopped', now()) : brokenOff(answer, thrown, now()));
  }
  return answer;
}

function send({ url, body }: ChatRequest, signal: AbortSignal): Promise<Response> {
  const headers = { 'content-type': 'application/json', accept: 'text/event-stream' };
  return fetch(url, { method: 'POST', headers, body: JSON.stringify(body), cache: 'no-store', signal });
}

/** Before the first piece nothing answered; after it, the connection broke. */
function brokenOff(answer: Answer, thrown: unknown, atMs: number): Answer {
  const words = answer.firstMs === null ? wordsOf(thrown) : 'The connection to the router broke off.';
  return failed(answer, words, atMs);
}

const isJson = ({ headers }: Response) => (headers.get('content-type') ?? '').includes('application/json');

async function refusalOf(response: Response): Promise<string> {
  const text = await response.text();
  try {
    const message = errorTextOf(JSON.parse(text));
    if (message !== null) return `${message} (${response.status})`;
  } catch {
    // Not JSON: the status is all there is to say.
  }
  return `The router answered ${response.status} ${response.statusText}`.trim();
}

/** The events of each piece together, so that a page is drawn once for each. */
async function* eventsOf({ body }: Response): AsyncGenerator<SseEvent[]> {
  if (!body) return;
  const reader = body.getReader();
  const decoder = new TextDecoder();
  let left = NOTHING;
  try {
    for (let piece = await reader.read(); !piece.done; piece = await reader.read()) {
      const read = feed(left, decoder.decode(piece.value, { stream: true }));
      left = read.left;
      if (read.events.length > 0) yield read.events;
    }
    const rest = feed(left, decoder.decode());
    yield [...rest.events, ...finish(rest.left)];
  } finally {
    // Ends the request where the answer has ended before the stream.
    void reader.cancel().catch(() => {});
  }
}
