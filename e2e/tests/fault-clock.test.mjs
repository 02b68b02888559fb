// The wall clock jumps: durations are measured by another one, order is told by `seq`.
import assert from 'node:assert/strict';
import { child, scenario, SLEEP } from '../lib/harness.mjs';
import { jumpingClock } from '../lib/limits.mjs';

const DAY = 86_400;

for (const [where, seconds] of /** @type {const} */ ([['a day ahead', DAY], ['a day back', -DAY]])) {
  /** @type {ReturnType<typeof jumpingClock>} */
  let clock;

  scenario(`${where}: deadlines, restarts and uptime are what they were`, (directory) => {
    clock = jumpingClock(directory);
    return {
      env: clock.env,
      processes: {
        steady: { command: child('serve'), port: 'free', liveness: { http: '/', interval: '100ms', timeout: '5s', failures: 1 } },
        slow: { command: SLEEP, ready: { stdout: 'never', timeout: '2s' } },
        failing: { command: ['false'], ready: { stdout: 'never' }, restart: { policy: 'on-failure', max: 1, window: '60s', backoff: '1500ms', backoff_max: '1500ms' } },
      },
    };
  }, async ({ server, events }) => {
    await server.order('start', 'steady');
    await events.expect('steady', 'starting', 'running');
    await server.order('start', 'failing');
    await events.expect('failing', 'starting', 'error');
    await server.order('start', 'slow');
    await events.expect('slow', 'starting');
    const [before, began] = [Date.now(), performance.now()];
    clock.jumpTo(seconds);
    await events.expect('failing', 'starting');
    assert.equal((await events.expect('failing', 'error')).restart, null, 'the limit of restarts holds across the jump');
    const ended = await events.expect('slow', 'stopping', 'error');
    assert.match(ended.error, /^Startup timeout \(2s\): /);
    assert.ok(performance.now() - began > 1_500, 'the deadline did not come early');
    assert.ok(Math.abs(ended.since - before - seconds * 1_000) < 60_000, 'times for people follow the clock');
    const { state, uptime } = await server.state('steady');
    assert.equal(state, 'running');
    assert.ok(uptime < 60, `up for ${uptime} s`);
    await events.quiet('steady', 300);
  });
}
