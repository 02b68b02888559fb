// A thousand processes that start at once are thousands of messages: they are folded in one by one, and shown together.
import type { Message } from './live.ts';
import { dispatch } from './store.ts';

/** How many messages within a window are shown each by itself: a person's few processes are never fewer steps. */
const SINGLY = 40;
const WINDOW_MS = 500;

/** From then on, something is shown anew at most so often. */
const FRAME_MS = 16;

let windowStart = Number.NEGATIVE_INFINITY;
let inWindow = 0;
let waiting: Message[] = [];

/** Folds a message in: at once, or with others when they come thick and fast. */
export function receive(message: Message): void {
  const now = performance.now();
  if (now - windowStart > WINDOW_MS) [windowStart, inWindow] = [now, 0];
  inWindow += 1;
  waiting.push(message);
  if (waiting.length > 1) return;
  if (inWindow <= SINGLY) flush();
  else setTimeout(flush, FRAME_MS);
}

function flush(): void {
  const messages = waiting;
  waiting = [];
  dispatch(...messages);
}
