// ?wait=SECONDS: answered once settled, else 504.
import assert from 'node:assert/strict';
import { child, scenario, SLEEP } from '../lib/harness.mjs';

scenario('start, restart and stop, each settled', { processes: { a: { command: child('wait:200', 'say:up'), ready: { stdout: 'up' } } } }, async ({ server }) => {
  const started = await server.order('start', 'a', '?wait=20');
  assert.equal(started.state, 'running');
  const again = await server.order('restart', 'a', '?wait=20');
  assert.deepEqual([again.state, again.generation], ['running', started.generation + 1]);
  assert.equal((await server.order('stop', 'a', '?wait=20')).state, 'stopped');
});

scenario('settled is also an error with no restart to come', {
  processes: {
    never: { command: ['sh', '-c', 'exit 1'], ready: { stdout: 'x' } },
    twice: { command: ['sh', '-c', 'exit 1'], ready: { stdout: 'x' }, restart: { policy: 'on-failure', max: 2, backoff: '50ms' } },
  },
}, async ({ server }) => {
  assert.equal((await server.order('start', 'never', '?wait=20')).state, 'error');
  const twice = await server.order('start', 'twice', '?wait=20');
  assert.deepEqual([twice.state, twice.restart, twice.generation], ['error', null, 3]);
});

scenario('504 when it has not settled by then; the order stands', {
  processes: { slow: { command: child('poke', 'say:up'), ready: { stdout: 'up' } } },
}, async ({ server, events }) => {
  const answer = await server.call('/api/processes/slow/start?wait=1', { method: 'POST' });
  assert.equal(answer.status, 504, answer.text);
  assert.equal(answer.json.success, false);
  await events.expect('slow', 'starting');
  assert.equal((await server.state('slow')).state, 'starting');
});

scenario('a fraction of a second', { processes: { slow: { command: child('wait:60000'), ready: { stdout: 'up' } } } }, async ({ server }) => {
  assert.equal((await server.call('/api/processes/slow/start?wait=0.2', { method: 'POST' })).status, 504);
});

scenario('waiters are answered when another order wins', {
  processes: { slow: { command: child('wait:600000'), ready: { stdout: 'never' } } },
}, async ({ server, events }) => {
  const waiting = server.call('/api/processes/slow/start?wait=30', { method: 'POST' });
  await events.expect('slow', 'starting');
  await server.order('stop', 'slow');
  const answer = await waiting;
  assert.equal(answer.status, 200, answer.text);
  assert.equal(answer.json.state, 'stopped');
});

scenario('many waiters at once', { processes: { a: { command: SLEEP } } }, async ({ server }) => {
  const answers = await Promise.all(Array.from({ length: 30 }, () => server.order('start', 'a', '?wait=20')));
  for (const answer of answers) assert.deepEqual([answer.state, answer.generation], ['running', 1]);
});
