// How the server ends, and what becomes of its processes.
import assert from 'node:assert/strict';
import { child, nested, scenario, SLEEP } from '../lib/harness.mjs';
import { alive } from '../lib/proc.mjs';
import { eventually, within } from '../lib/time.mjs';

const deaf = { command: child('ignore:TERM', 'ignore:INT', 'say:up'), ready: { stdout: 'up' }, stop: { timeout: '60s' } };

for (const signal of /** @type {const} */ (['SIGTERM', 'SIGINT'])) {
  scenario(`${signal} stops all and exits 0`, {
    processes: { a: { command: SLEEP }, b: { command: child(nested('detached', 'say:up')), ready: { stdout: 'up' } }, c: { command: SLEEP } },
  }, async ({ server, events }) => {
    for (const id of ['a', 'b']) {
      await server.order('start', id);
      await events.expect(id, 'starting', 'running');
    }
    server.signal(signal);
    for (const id of ['a', 'b']) await events.expect(id, 'stopping', 'stopped');
    assert.deepEqual(await within(server.exited, 'the end'), { code: 0, signal: null });
    assert.deepEqual(server.offspring(), []);
  });
}

scenario('a second signal kills at once', { processes: { deaf } }, async ({ server, events }) => {
  await server.order('start', 'deaf');
  await events.expect('deaf', 'starting', 'running');
  server.signal('SIGTERM');
  await events.expect('deaf', 'stopping');
  server.signal('SIGTERM');
  await within(server.exited, 'the end after the second signal', 10_000);
  assert.deepEqual(server.offspring(), []);
});

scenario('SIGTERM while one is starting and one waits for its restart', {
  processes: {
    slow: { command: child('wait:600000'), ready: { stdout: 'never' } },
    bad: { command: ['false'], ready: { stdout: 'x' }, restart: { policy: 'on-failure', backoff: '60s', backoff_max: '60s' } },
  },
}, async ({ server, events }) => {
  await server.order('start', 'slow');
  await server.order('start', 'bad');
  await events.expect('slow', 'starting');
  await events.expect('bad', 'starting', 'error');
  assert.deepEqual(await server.terminate(), { code: 0, signal: null });
  assert.deepEqual(server.offspring(), []);
});

scenario('kill -9 of the server: its processes end, strays at the next start', {
  processes: {
    plain: { command: SLEEP, stop: { timeout: '1s' } },
    tree: { command: child(nested('detached', 'ignore:TERM', 'ignore:HUP', 'say:up'), 'wait:600000'), ready: { stdout: 'up' } },
  },
}, async ({ server, events, again }) => {
  for (const id of ['plain', 'tree']) {
    await server.order('start', id);
    await events.expect(id, 'starting', 'running');
  }
  const { pid } = await server.state('plain');
  const leader = (await server.state('tree')).pid;
  server.signal('SIGKILL');
  await server.exited;
  await eventually(() => !alive(pid) && !alive(leader), 'the end of the direct children');
  const next = await again();
  await eventually(() => server.offspring().length === 0, 'the end of the strays', 5000);
  for (const id of ['plain', 'tree']) assert.equal((await next.state(id)).state, 'stopped');
  const reader = await next.events();
  await next.order('start', 'tree');
  await reader.reach('tree', 'running');
});

scenario('a program that only looks like a stray is left alone', {
  processes: { a: { command: SLEEP } },
}, async ({ server, events, again, t }) => {
  const { spawn } = await import('node:child_process');
  await server.order('start', 'a');
  await events.expect('a', 'starting', 'running');
  const bystander = spawn('sleep', ['100000'], { stdio: 'ignore' });
  t.after(() => bystander.kill('SIGKILL'));
  server.signal('SIGKILL');
  await server.exited;
  await again();
  assert.ok(alive(bystander.pid ?? 0));
});

scenario('what the server runs for its own ends is killed: it goes on, and kill -9 still leaves nothing', {
  processes: { a: { command: SLEEP }, tree: { command: child(nested('detached', 'ignore:TERM', 'say:up'), 'wait:600000'), ready: { stdout: 'up' } } },
}, async ({ server, events, again }) => {
  await server.order('start', 'a');
  await events.expect('a', 'starting', 'running');
  for (const pid of server.helpers()) process.kill(pid, 'SIGKILL');
  for (let round = 0; round < 3; round += 1) {
    await server.order('restart', 'a');
    await events.expect('a', 'stopping', 'stopped', 'starting', 'running');
  }
  await server.order('start', 'tree');
  await events.expect('tree', 'starting', 'running');
  server.signal('SIGKILL');
  await server.exited;
  const next = await again();
  await eventually(() => server.offspring().length === 0, 'the end of the strays', 5000);
  assert.equal((await next.state('tree')).state, 'stopped');
});
