// A thousand processes that start at once are thousands of messages: they are folded in one by one, and shown together.
import type { Message } from './live.ts';
import { dispatch } from './store.ts';

/** At most so often is something shown anew because of messages. */
const FRAME_MS = 16;

let waiting: Message[] = [];
let lastFlush = 0;

/** Folds a message in: at once when it comes alone, with others when they come thick and fast. */
export function receive(message: Message): void {
  waiting.push(message);
  if (waiting.length > 1) return;
  const since = performance.now() - lastFlush;
  if (since >= FRAME_MS) flush();
  else setTimeout(flush, FRAME_MS - since);
}

function flush(): void {
  const messages = waiting;
  waiting = [];
  dispatch(...messages);
  lastFlush = performance.now();
}
