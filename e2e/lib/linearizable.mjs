// Whether orders that several clients gave at once to one process are linearizable (Herlihy and Wing, 1990): whether
// there is one order of all of them, in which each takes effect at a moment between its call and its answer, that
// explains every answer and every event.
//
// The object is a process: `start`, `stop` and `restart` step it as the contract says (`ordered`), and it steps by itself
// (`byItself`): it gets ready, its stop completes, and then it starts if that was ordered last. What is observed are the
// states that it announced, in the order of `seq`; an answer must be the state announced at its moment. The search is
// that of Wing and Gong (1993): one order after the other that no other one must precede, with the configurations that
// led nowhere remembered (Lowe, 2017). The model knows no faults: a process in it neither crashes nor fails to start.

/**
 * @typedef {'start' | 'stop' | 'restart'} Verb
 * @typedef {{state: string, generation: number}} Seen
 * @typedef {{verb: Verb, called: number, answered: number, answer: Seen | null}} Call times by one clock; no
 *   answer where it was not of that moment
 * @typedef {{state: string, again: boolean}} Hidden `again`: a start follows the stop
 */

/** What an order makes of a state. @param {Hidden} now @param {Verb} verb @returns {Hidden} */
function ordered({ state, again }, verb) {
  if (state === 'stopping') return { state, again: verb !== 'stop' };
  if (state === 'stopped') return verb === 'stop' ? { state, again } : { state: 'starting', again: false };
  if (verb === 'start') return { state, again };
  return { state: 'stopping', again: verb === 'restart' };
}

/** What becomes of a state by itself. @param {Hidden} now @returns {Hidden | null} */
function byItself({ state, again }) {
  if (state === 'starting') return { state: 'running', again: false };
  if (state === 'stopping') return { state: 'stopped', again };
  return state === 'stopped' && again ? { state: 'starting', again: false } : null;
}

/** A stop and the start that follows it are one step: no order comes between, and it is not the end. @param {Hidden} now */
const takesOrders = ({ state, again }) => state !== 'stopped' || !again;

/** @param {Seen | undefined} one @param {Seen} other */
const same = (one, other) => one?.state === other.state && one.generation === other.generation;

/** A configuration of the search. @typedef {{at: number, again: boolean, from: number, done: Set<number>}} Point */

/** @param {Point} point */
const key = ({ at, again, from, done }) => `${at} ${again} ${from} ${[...done].sort((a, b) => a - b)}`;

/** A further call is done. @param {Point} point @param {number} index @param {Hidden} next @param {number} at @returns {Point} */
function after({ from, done }, index, next, at) {
  const more = new Set(done).add(index);
  let first = from;
  while (more.delete(first)) first += 1;
  return { at, again: next.again, from: first, done: more };
}

/** The calls that may be next: none of the others was answered before they were made. @param {Call[]} calls @param {Point} point */
function* candidates(calls, { from, done }) {
  let earliest = Infinity;
  for (let index = from; index < calls.length && calls[index].called <= earliest; index += 1) {
    if (done.has(index)) continue;
    yield index;
    earliest = Math.min(earliest, calls[index].answered);
  }
}

/** @param {Call[]} calls @param {Seen[]} states @param {Point} point @returns {Point[]} */
function steps(calls, states, point) {
  const now = { state: states[point.at].state, again: point.again };
  const found = [];
  const alone = byItself(now);
  if (alone && states[point.at + 1]?.state === alone.state) found.push({ ...point, at: point.at + 1, again: alone.again });
  if (!takesOrders(now)) return found;
  for (const index of candidates(calls, point)) {
    const next = ordered(now, calls[index].verb);
    const at = next.state === now.state ? point.at : point.at + 1;
    const { answer } = calls[index];
    if (states[at]?.state === next.state && (answer === null || same(states[at], answer))) found.push(after(point, index, next, at));
  }
  return found;
}

/**
 * Null if they are linearizable; else how far the best try came.
 * @param {Call[]} history
 * @param {Seen[]} states what the process was at first, then what it announced
 * @returns {string | null}
 */
export function unlinearizable(history, states) {
  const calls = history.toSorted((one, other) => one.called - other.called);
  /** @type {Point[]} */
  const open = [{ at: 0, again: false, from: 0, done: new Set() }];
  const tried = new Set();
  let best = open[0];
  for (let point = open.pop(); point; point = open.pop()) {
    const isOver = point.from === calls.length && point.at === states.length - 1;
    if (isOver && takesOrders({ state: states[point.at].state, again: point.again })) return null;
    if (tried.has(key(point))) continue;
    tried.add(key(point));
    if (point.from > best.from || (point.from === best.from && point.at > best.at)) best = point;
    open.push(...steps(calls, states, point));
  }
  const { verb, answer } = calls[best.from] ?? { verb: 'nothing', answer: null };
  return `no order explains call ${best.from} of ${calls.length}, ${verb}, answered ${JSON.stringify(answer)}, after state ${best.at} of ${states.length}: ${JSON.stringify(states.slice(Math.max(0, best.at - 2), best.at + 3))}`;
}
