// Automatic restarts: policy, backoff, the limit, and orders that cancel the wait.
import assert from 'node:assert/strict';
import { child, scenario } from '../lib/harness.mjs';

const failing = { command: ['sh', '-c', 'exit 3'], ready: { stdout: 'never' } };

scenario('on-failure: backoff doubles with 20 % jitter, then it stays in error', {
  processes: { a: { ...failing, restart: { policy: 'on-failure', max: 3, window: '60s', backoff: '200ms', backoff_max: '500ms' } } },
}, async ({ server, events }) => {
  await server.order('start', 'a');
  for (const [attempt, wait] of [[1, 200], [2, 400], [3, 500]]) {
    await events.expect('a', 'starting');
    const event = await events.next('a');
    assert.equal(event.state, 'error');
    const { restart, restarts, generation } = event.process;
    assert.deepEqual([restart.attempt, restart.max, generation, restarts], [attempt, 3, attempt, attempt - 1]);
    const ahead = restart.at - event.timestamp;
    assert.ok(ahead >= wait * 0.8 - 2 && ahead <= wait * 1.2 + 2, `attempt ${attempt}: ${ahead} ms ahead, not ${wait} ± 20 %`);
  }
  const last = await events.expect('a', 'starting', 'error');
  assert.equal(last.restart, null);
  assert.equal(last.restarts, 3);
  assert.equal(last.generation, 4);
  await events.quiet('a', 800);
});

scenario('starting follows at the announced time', {
  processes: { a: { ...failing, restart: { policy: 'on-failure', max: 1, backoff: '300ms' } } },
}, async ({ server, events }) => {
  await server.order('start', 'a');
  const { restart } = await events.expect('a', 'starting', 'error');
  const starting = await events.next('a');
  assert.equal(starting.state, 'starting');
  assert.ok(starting.timestamp >= restart.at - 5, `${starting.timestamp} is not before ${restart.at}`);
  await events.expect('a', 'error');
});

scenario('never', { processes: { a: { ...failing, restart: { policy: 'never' } } } }, async ({ server, events }) => {
  await server.order('start', 'a');
  assert.equal((await events.expect('a', 'starting', 'error')).restart, null);
  await events.quiet('a', 500);
});

scenario('always restarts the exit with 0 too: stopped, then starting', {
  processes: { a: { command: child('say:up', 'poke', 'exit:0'), ready: { stdout: 'up' }, restart: { policy: 'always', backoff: '50ms' } } },
}, async ({ server, events }) => {
  await server.order('start', 'a');
  const { pid } = await events.expect('a', 'starting', 'running');
  process.kill(pid, 'SIGUSR2');
  const stopped = await events.expect('a', 'stopped');
  assert.deepEqual([stopped.exit.code, stopped.exit.requested], [0, false]);
  const running = await events.expect('a', 'starting', 'running');
  assert.deepEqual([running.generation, running.restarts], [2, 1]);
});

for (const verb of /** @type {const} */ (['start', 'restart'])) {
  scenario(`${verb} during the backoff: at once, and the count begins again`, {
    processes: { a: { ...failing, restart: { policy: 'on-failure', max: 5, backoff: '60s', backoff_max: '60s' } } },
  }, async ({ server, events }) => {
    await server.order('start', 'a');
    assert.equal((await events.expect('a', 'starting', 'error')).restart.attempt, 1);
    await server.order(verb, 'a');
    await events.reach('a', 'starting');
    const failed = await events.expect('a', 'error');
    assert.deepEqual([failed.generation, failed.restarts, failed.restart.attempt], [2, 0, 1]);
  });
}

scenario('stop cancels the backoff: error, stopped', {
  processes: { a: { ...failing, restart: { policy: 'on-failure', backoff: '400ms' } } },
}, async ({ server, events }) => {
  await server.order('start', 'a');
  await events.expect('a', 'starting', 'error');
  const answer = await server.order('stop', 'a');
  assert.equal(answer.state, 'stopped');
  const stopped = await events.expect('a', 'stopped');
  assert.equal(stopped.message, 'Stopped');
  await events.quiet('a', 800);
});

scenario('stop of an error without a restart to come: stopped too', { processes: { a: failing } }, async ({ server, events }) => {
  await server.order('start', 'a');
  await events.expect('a', 'starting', 'error');
  await server.order('stop', 'a');
  await events.expect('a', 'stopped');
});

scenario('a crash after ready is restarted', {
  processes: { a: { command: child('say:up'), ready: { stdout: 'up' }, restart: { policy: 'on-failure', backoff: '50ms' } } },
}, async ({ server, events }) => {
  await server.order('start', 'a');
  let running = await events.expect('a', 'starting', 'running');
  for (const generation of [2, 3]) {
    process.kill(running.pid, 'SIGKILL');
    const failed = await events.expect('a', 'error');
    assert.equal(failed.error, 'Process killed by signal 9 (SIGKILL)');
    assert.equal(failed.restart.attempt, generation - 1);
    running = await events.expect('a', 'starting', 'running');
    assert.deepEqual([running.generation, running.restarts], [generation, generation - 1]);
  }
  await server.order('restart', 'a');
  assert.equal((await events.expect('a', 'stopping', 'stopped', 'starting', 'running')).restarts, 0);
});
