// Deadlines. Every wait of the suite has one; none of them is an assertion on speed.
import { setTimeout as delay } from 'node:timers/promises';

/** How long anything may take before the suite calls it lost, in milliseconds. */
export const DEADLINE_MS = Number(process.env.SIGNALBOX_E2E_DEADLINE_MS ?? 20_000);

/**
 * @template T
 * @param {Promise<T>} promise
 * @param {string} what
 * @param {number} [ms]
 * @returns {Promise<T>}
 */
export async function within(promise, what, ms = DEADLINE_MS) {
  const timer = new AbortController();
  const late = delay(ms, null, { signal: timer.signal }).then(
    () => { throw new Error(`not within ${ms} ms: ${what}`); },
    () => new Promise(() => {}),
  );
  try {
    return await Promise.race([promise, late]);
  } finally {
    timer.abort();
  }
}

/**
 * Waits until a condition that, once true, stays true.
 * @template T
 * @param {() => T | Promise<T>} condition
 * @param {string} what
 * @param {number} [ms]
 * @returns {Promise<T>}
 */
export async function eventually(condition, what, ms = DEADLINE_MS) {
  const end = Date.now() + ms;
  for (;;) {
    const value = await condition();
    if (value) return value;
    if (Date.now() > end) throw new Error(`not within ${ms} ms: ${what}`);
    await delay(10);
  }
}
