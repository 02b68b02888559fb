// What the scripted upstream does with one request, as data: a head, and steps that are carried out in their order.

/**
 * - `write`: these bytes, as one chunk of their own.
 * - `pause`: this many milliseconds pass.
 * - `gate`: nothing happens until the test opens the gate.
 * - `hang`: nothing happens any more; only the other side can end it.
 * - `cut`: the connection is reset, in the middle of the answer.
 * @typedef {{write: string | Uint8Array} | {pause: number} | {gate: true} | {hang: true} | {cut: true}} Step
 * @typedef {{status: number, headers: Record<string, string>, steps: Iterable<Step>} | {silent: true}} Plan
 */

/** @type {Step} */
export const GATE = { gate: true };
/** @type {Step} */
export const HANG = { hang: true };
/** @type {Step} */
export const CUT = { cut: true };
/** No answer at all, not even a head. @type {Plan} */
export const SILENCE = { silent: true };

/** @param {string | Uint8Array} bytes @returns {Step} */
export const write = (bytes) => ({ write: bytes });
/** @param {number} ms @returns {Step} */
export const pause = (ms) => ({ pause: ms });
/** One event of a stream. @param {unknown} value @returns {Step} */
export const event = (value) => write(`data: ${JSON.stringify(value)}\n\n`);
export const DONE = write('data: [DONE]\n\n');

/** @param {number} status @param {unknown} value @param {Record<string, string>} [headers] @returns {Plan} */
export function json(status, value, headers = {}) {
  return { status, headers: { 'content-type': 'application/json', ...headers }, steps: [write(JSON.stringify(value))] };
}

/** @param {Iterable<Step>} steps @returns {Plan} */
export const stream = (steps) => ({ status: 200, headers: { 'content-type': 'text/event-stream; charset=utf-8' }, steps });

/** OpenAI's envelope. @param {number} status @param {string} message @param {string} type @param {string | null} code */
export function failure(status, message, type, code, headers = {}) {
  return json(status, { error: { message, type, param: null, code } }, headers);
}
