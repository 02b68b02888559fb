// Not ready in time: `stopping` while the tree is ended, then `error` with the condition that is still open.
import assert from 'node:assert/strict';
import { child, nested, scenario, SLEEP } from '../lib/harness.mjs';

for (const [text, shown] of [['1s', '1s'], ['500ms', '0.5s'], ['1250ms', '1.25s'], ['1.5s', '1.5s']]) {
  scenario(`ready.timeout = ${text} is told as ${shown}`, {
    processes: { a: { command: SLEEP, ready: { stdout: 'ready to serve', timeout: text } } },
  }, async ({ server, events }) => {
    await server.order('start', 'a');
    const starting = await events.expect('a', 'starting');
    const stopping = await events.expect('a', 'stopping');
    assert.equal(stopping.generation, 1);
    const failed = await events.expect('a', 'error');
    assert.ok(failed.error.startsWith(`Startup timeout (${shown}): `), failed.error);
    assert.match(failed.error, /ready to serve/, 'the open condition is named');
    assert.equal(failed.cause, 'startup_timeout');
    assert.equal(failed.exit.requested, false);
    assert.equal(starting.state, 'starting');
  });
}

scenario('the port is what is still open', {
  processes: { a: { command: child('say:up', 'wait:60000'), port: 'free', ready: { stdout: 'up', timeout: '1s' } } },
}, async ({ server, events, ports }) => {
  await server.order('start', 'a');
  const failed = await events.expect('a', 'starting', 'stopping', 'error');
  assert.match(failed.error, new RegExp(`^Startup timeout \\(1s\\): .*${ports.a}`));
  assert.deepEqual(failed.output, [{ stream: 'stdout', text: 'up' }]);
});

scenario('the wrong port does not count', async () => {
  const { freePort } = await import('../lib/ports.mjs');
  return { processes: { a: { command: child(`listen:${await freePort()}`, 'say:listening'), port: 'free', ready: { timeout: '1500ms' } } } };
}, async ({ server, events }) => {
  await server.order('start', 'a');
  const failed = await events.expect('a', 'starting', 'stopping', 'error');
  assert.ok(failed.error.startsWith('Startup timeout (1.5s): '), failed.error);
});

scenario('HTTP is what is still open: 503, or no answer at all', {
  processes: {
    failing: { command: child('status:503', 'serve'), port: 'free', ready: { http: '/health', timeout: '1500ms' } },
    silent: { command: child('listen'), port: 'free', ready: { http: '/health', timeout: '1500ms' } },
  },
}, async ({ server, events }) => {
  await Promise.all(['failing', 'silent'].map((id) => server.order('start', id)));
  for (const id of ['failing', 'silent']) {
    const failed = await events.expect(id, 'starting', 'stopping', 'error');
    assert.match(failed.error, /^Startup timeout \(1\.5s\): .*\/health/);
  }
});

scenario('the whole tree goes, also what ignores SIGTERM in a session of its own', {
  processes: {
    a: {
      command: child('ignore:TERM', nested('detached', 'ignore:TERM', 'say:hidden'), 'wait:60000'),
      ready: { stdout: 'never', timeout: '1500ms' }, stop: { timeout: '500ms' },
    },
  },
}, async ({ server, events }) => {
  await server.order('start', 'a');
  const stopping = await events.expect('a', 'starting', 'stopping');
  assert.equal(stopping.survivors.length, 2, JSON.stringify(stopping.survivors));
  await events.expect('a', 'error');
  assert.deepEqual(server.offspring(), []);
});

scenario('a stop while it is ended for the timeout wins: stopped', {
  processes: { a: { command: child('ignore:TERM', 'say:deaf'), ready: { stdout: 'never', timeout: '1s' }, stop: { timeout: '2s' }, restart: { policy: 'always' } } },
}, async ({ server, events }) => {
  await server.order('start', 'a');
  await events.expect('a', 'starting', 'stopping');
  await server.order('stop', 'a');
  await events.expect('a', 'stopped');
  await events.quiet('a', 500);
});
