// What the server wrote into the page itself: the state as it was when the page was asked for. With it the first frame
// shows what is so; the connection's first status replaces it. Where the server wants a token, it wrote nothing.
import type { Message } from './live.ts';
import { aheadOf, readEnvelope } from './wire.ts';

const NAME = 'signalbox-status';

/** The message that the page carries, once; null if it carries none. */
export function takeGiven(page: Document = document): Message | null {
  const meta = page.querySelector<HTMLMetaElement>(`meta[name="${NAME}"]`);
  if (!meta) return null;
  meta.remove();
  const { status, timestamp } = readEnvelope(parsed(meta.content));
  return { kind: 'status', source: 'answer', status, ...aheadOf(timestamp) };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
