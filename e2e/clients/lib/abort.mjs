// The upstream sees at once that a client went away.
import assert from 'node:assert/strict';
import { eventually } from '../../lib/time.mjs';

/** What issue and users ask for: within this many ms of the client's leaving, the upstream's connection is closed. */
const SLA_MS = 100;
/** A busy machine may be late by itself; whoever polls, buffers or waits for the next chunk is late every time. */
const TRIES = 5;

/**
 * @param {import('./upstream.mjs').Upstream} upstream
 * @param {string} model the script that the client is in
 * @param {() => Promise<() => unknown>} begin starts a request and gives what ends it, once the client is where it is to leave
 */
export async function leavingEndsUpstream(upstream, model, begin) {
  let best = Infinity;
  for (let tries = 0; tries < TRIES && best > SLA_MS; tries += 1) {
    const before = upstream.asked(model).length;
    const leave = await begin();
    // The last one: the provider may have been asked first for something that it does not have.
    const request = await eventually(() => upstream.asked(model).length > before && upstream.last(model), 'the request upstream');
    const left = Date.now();
    leave();
    await eventually(() => request.endedAt !== null, 'the end of the request upstream');
    assert.equal(request.whole, false, 'the answer was not whole');
    best = Math.min(best, (request.endedAt ?? Infinity) - left);
  }
  assert.ok(best <= SLA_MS, `the upstream saw it after ${best} ms`);
}
