// Orders leave in the order of the clicks: a browser sends calls over several connections, where one may overtake another.
// Each waits for the frame that shows it, so that the process that it starts does not keep that frame from being drawn.
import { nextFrame } from './frame.ts';

/** How long an order waits for the answer to the one before it. */
const WAIT_MS = 1_000;

const latest = new Map<string, Promise<unknown>>();

/** Sends with the next frame, or when what was ordered before of the same processes has been answered, or has not been for a while. */
export function inTurn<T>(ids: readonly string[], send: () => Promise<T>): Promise<T> {
  const before = ids.flatMap((id) => latest.get(id) ?? []);
  const turn = before.length === 0 ? nextFrame() : Promise.race([Promise.allSettled(before), pause()]);
  const sent = turn.then(send);
  for (const id of ids) latest.set(id, sent);
  const forget = () => {
    for (const id of ids) if (latest.get(id) === sent) latest.delete(id);
  };
  sent.then(forget, forget);
  return sent;
}

const pause = () => new Promise((done) => setTimeout(done, WAIT_MS));
