// It ends after it was ready.
import assert from 'node:assert/strict';
import { child, nested, scenario } from '../lib/harness.mjs';

scenario('exit 7', {
  processes: { a: { command: child('say:up', 'poke', 'err:boom', 'exit:7'), ready: { stdout: '^up$' } } },
}, async ({ server, events }) => {
  await server.order('start', 'a');
  const { pid } = await events.expect('a', 'starting', 'running');
  process.kill(pid, 'SIGUSR2');
  const failed = await events.expect('a', 'error');
  assert.equal(failed.error, 'Process exited with code 7');
  assert.equal(failed.cause, 'exited');
  assert.deepEqual(failed.output, [{ stream: 'stdout', text: 'up' }, { stream: 'stderr', text: 'boom' }]);
  assert.deepEqual([failed.exit.code, failed.exit.signal, failed.exit.requested], [7, null, false]);
  assert.equal(failed.pid, null);
});

for (const [name, number] of Object.entries({ KILL: 9, SEGV: 11, TERM: 15, HUP: 1 })) {
  scenario(`killed by SIG${name}`, {
    processes: { a: { command: child('say:up'), ready: { stdout: 'up' } } },
  }, async ({ server, events }) => {
    await server.order('start', 'a');
    const { pid } = await events.expect('a', 'starting', 'running');
    process.kill(pid, `SIG${name}`);
    const failed = await events.expect('a', 'error');
    assert.equal(failed.error, `Process killed by signal ${number} (SIG${name})`);
    assert.equal(failed.cause, 'killed');
    assert.deepEqual([failed.exit.code, failed.exit.signal, failed.exit.requested], [null, `SIG${name}`, false]);
  });
}

scenario('exit 0, not asked to: stopped', {
  processes: { a: { command: child('say:up', 'poke', 'exit:0'), ready: { stdout: 'up' }, restart: { policy: 'on-failure' } } },
}, async ({ server, events }) => {
  await server.order('start', 'a');
  const { pid } = await events.expect('a', 'starting', 'running');
  process.kill(pid, 'SIGUSR2');
  const stopped = await events.expect('a', 'stopped');
  assert.equal(stopped.error, null);
  assert.deepEqual([stopped.exit.code, stopped.exit.signal, stopped.exit.requested], [0, null, false]);
  await events.quiet('a', 500);
});

for (const [ending, state, error] of /** @type {const} */ ([['exit:5', 'error', 'Process exited with code 5'], ['exit:0', 'stopped', null]])) {
  scenario(`${ending} while a descendant lives on: stopping, then ${state}`, {
    processes: {
      a: { command: child(nested('detached', 'ignore:TERM', 'say:up'), 'poke', ending), ready: { stdout: 'up' }, stop: { timeout: '1s' } },
    },
  }, async ({ server, events }) => {
    await server.order('start', 'a');
    const { pid } = await events.expect('a', 'starting', 'running');
    const [descendant] = server.offspring().filter((one) => one !== pid);
    process.kill(pid, 'SIGUSR2');
    const stopping = await events.expect('a', 'stopping');
    assert.deepEqual(stopping.survivors, [{ pid: descendant, name: 'node' }]);
    const ended = await events.expect('a', state);
    assert.equal(ended.error, error);
    assert.equal(ended.exit.requested, false);
  });
}
