// A process that is stopped by SIGSTOP, which neither ends nor says a word.
import assert from 'node:assert/strict';
import { child, nested, scenario } from '../lib/harness.mjs';
import { stat } from '../lib/proc.mjs';
import { eventually } from '../lib/time.mjs';

/** @param {number} pid */
async function freeze(pid) {
  process.kill(pid, 'SIGSTOP');
  await eventually(() => stat(pid)?.state === 'T', 'the freeze');
}

scenario('frozen while it starts: not ready in time, ended all the same', {
  processes: { a: { command: child('wait:600000'), ready: { stdout: 'up', timeout: '2s' }, stop: { timeout: '500ms' } } },
}, async ({ server, events }) => {
  await server.order('start', 'a');
  await events.expect('a', 'starting');
  await freeze(await eventually(async () => (await server.state('a')).pid, 'its pid'));
  const failed = await events.expect('a', 'stopping', 'error');
  assert.match(failed.error, /^Startup timeout \(2s\): /);
  assert.deepEqual(server.offspring(), []);
});

scenario('frozen while it runs: not responding, where somebody asks', {
  processes: {
    a: { command: child('serve'), port: 'free', liveness: { http: '/', interval: '200ms', timeout: '300ms', failures: 3 }, stop: { timeout: '500ms' } },
  },
}, async ({ server, events }) => {
  await server.order('start', 'a');
  await freeze((await events.expect('a', 'starting', 'running')).pid);
  const failed = await events.expect('a', 'stopping', 'error');
  assert.equal(failed.error, 'Not responding: / did not answer within 0.3s');
  assert.equal(failed.cause, 'not_responding');
});

scenario('frozen for a moment: nothing happened', {
  processes: { a: { command: child('serve', 'poke', 'exit:3'), port: 'free' } },
}, async ({ server, events }) => {
  await server.order('start', 'a');
  const { pid } = await events.expect('a', 'starting', 'running');
  await freeze(pid);
  await events.quiet('a', 1500);
  process.kill(pid, 'SIGCONT');
  process.kill(pid, 'SIGUSR2');
  assert.equal((await events.expect('a', 'error')).error, 'Process exited with code 3');
});

scenario('a frozen tree, the leader and one in a session of its own, ends at the deadline', {
  processes: { a: { command: child(nested('detached', 'say:up'), 'wait:600000'), ready: { stdout: 'up' }, stop: { timeout: '1s' } } },
}, async ({ server, events }) => {
  await server.order('start', 'a');
  await events.expect('a', 'starting', 'running');
  for (const pid of server.offspring()) await freeze(pid);
  await server.order('stop', 'a');
  await events.expect('a', 'stopping', 'stopped');
  assert.deepEqual(server.offspring(), []);
});
