// Orders: taken at once, in their order, the last one wins.
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { child, nested, scenario, SLEEP } from '../lib/harness.mjs';
import { alive, descriptors } from '../lib/proc.mjs';
import { eventually } from '../lib/time.mjs';

const slow = { command: child('wait:600000'), ready: { stdout: 'never' } };
const deaf = { command: child('ignore:TERM', 'say:up'), ready: { stdout: 'up' }, stop: { timeout: '1s' } };

scenario('start and stop', { processes: { a: { command: SLEEP } } }, async ({ server, events }) => {
  assert.equal((await server.state('a')).state, 'stopped');
  assert.ok(['starting', 'running'].includes((await server.order('start', 'a')).state));
  await events.expect('a', 'starting', 'running');
  assert.ok(['stopping', 'stopped'].includes((await server.order('stop', 'a')).state));
  const stopped = await events.expect('a', 'stopping', 'stopped');
  assert.equal(stopped.exit.signal, 'SIGTERM');
  assert.equal(stopped.exit.requested, true);
  assert.equal(stopped.message, 'Stopped');
});

scenario('a second start and a second stop change nothing and emit nothing', {
  processes: { a: { command: SLEEP }, slow, deaf },
}, async ({ server, events }) => {
  await server.order('start', 'a');
  const { pid } = await events.expect('a', 'starting', 'running');
  assert.equal((await server.order('start', 'a')).pid, pid);
  await server.order('start', 'slow');
  await server.order('start', 'slow');
  await events.expect('slow', 'starting');
  await server.order('start', 'deaf');
  await events.expect('deaf', 'starting', 'running');
  await server.order('stop', 'deaf');
  await server.order('stop', 'deaf');
  await events.expect('deaf', 'stopping', 'stopped');
  assert.equal((await server.order('stop', 'deaf')).state, 'stopped');
  await events.quiet('deaf', 300);
  await events.quiet('slow', 0);
  await events.quiet('a', 0);
});

scenario('stop while starting', { processes: { slow } }, async ({ server, events }) => {
  await server.order('start', 'slow');
  await events.expect('slow', 'starting');
  await server.order('stop', 'slow');
  const stopped = await events.expect('slow', 'stopping', 'stopped');
  assert.equal(stopped.error, null);
  await events.quiet('slow', 300);
});

scenario('start while stopping: it starts when the stop is complete', { processes: { deaf } }, async ({ server, events }) => {
  await server.order('start', 'deaf');
  const first = await events.expect('deaf', 'starting', 'running');
  await server.order('stop', 'deaf');
  await events.expect('deaf', 'stopping');
  await server.order('start', 'deaf');
  const second = await events.expect('deaf', 'stopped', 'starting', 'running');
  assert.equal(second.generation, first.generation + 1);
  assert.notEqual(second.pid, first.pid);
});

scenario('start while stopping, then stop again: it stays stopped', { processes: { deaf } }, async ({ server, events }) => {
  await server.order('start', 'deaf');
  await events.expect('deaf', 'starting', 'running');
  await server.order('stop', 'deaf');
  await events.expect('deaf', 'stopping');
  await server.order('start', 'deaf');
  await server.order('stop', 'deaf');
  await events.expect('deaf', 'stopped');
  await events.quiet('deaf', 500);
});

scenario('a restart shows stopping, stopped, starting, running', { processes: { a: { command: SLEEP }, b: { command: SLEEP } } }, async ({ server, events }) => {
  await server.order('start', 'a');
  await server.order('start', 'b');
  const first = await events.expect('a', 'starting', 'running');
  await events.expect('b', 'starting', 'running');
  await server.order('restart', 'a');
  const second = await events.expect('a', 'stopping', 'stopped', 'starting', 'running');
  assert.equal(second.generation, first.generation + 1);
  assert.equal(second.restarts, 0, 'an order is not an automatic restart');
  await events.quiet('b', 0);
});

scenario('restart of what is stopped starts it; of what is in error too', {
  processes: { a: { command: SLEEP }, bad: { command: ['false'], ready: { stdout: 'x' } } },
}, async ({ server, events }) => {
  await server.order('restart', 'a');
  await events.expect('a', 'starting', 'running');
  await server.order('start', 'bad');
  await events.expect('bad', 'starting', 'error');
  await server.order('restart', 'bad');
  await events.reach('bad', 'starting');
  await events.expect('bad', 'error');
});

scenario('restart while starting', { processes: { slow } }, async ({ server, events }) => {
  await server.order('start', 'slow');
  await events.expect('slow', 'starting');
  await server.order('restart', 'slow');
  const again = await events.expect('slow', 'stopping', 'stopped', 'starting');
  assert.ok(again.generation <= 2);
  await events.quiet('slow', 300);
});

scenario('an ordered stop ends in stopped, whatever the exit', {
  processes: {
    code: { command: child('trap:TERM:9', 'say:up'), ready: { stdout: 'up' }, restart: { policy: 'always' } },
    killed: { ...deaf, restart: { policy: 'always' } },
  },
}, async ({ server, events }) => {
  for (const [id, code, signal] of [['code', 9, null], ['killed', null, 'SIGKILL']]) {
    await server.order('start', String(id));
    await events.expect(String(id), 'starting', 'running');
    await server.order('stop', String(id));
    const stopped = await events.expect(String(id), 'stopping', 'stopped');
    assert.deepEqual([stopped.exit.code, stopped.exit.signal, stopped.exit.requested], [code, signal, true]);
    await events.quiet(String(id), 500);
  }
});

scenario('stop.signal', {
  processes: { a: { command: child('trap:INT:0', 'ignore:TERM', 'say:up'), ready: { stdout: 'up' }, stop: { signal: 'SIGINT', timeout: '30s' } } },
}, async ({ server, events }) => {
  await server.order('start', 'a');
  await events.expect('a', 'starting', 'running');
  await server.order('stop', 'a');
  const stopped = await events.expect('a', 'stopping', 'stopped');
  assert.deepEqual([stopped.exit.code, stopped.exit.signal], [0, null]);
});

scenario('stopped only when the tree is empty: leader gone, setsid grandchild deaf', {
  processes: {
    a: {
      command: child(nested('child', nested('detached', 'ignore:TERM', 'listen', 'say:up')), 'wait:600000'),
      port: 'free', stop: { timeout: '1500ms' },
    },
  },
}, async ({ server, events }) => {
  await server.order('start', 'a');
  const running = await events.expect('a', 'starting', 'running');
  assert.equal(server.offspring().length, 3);
  await server.order('stop', 'a');
  const stopping = await events.expect('a', 'stopping');
  assert.ok(stopping.survivors.some((/** @type {any} */ one) => one.pid === running.evidence.listenerPid), JSON.stringify(stopping.survivors));
  assert.ok(stopping.killAt > stopping.since, `killAt ${stopping.killAt}, since ${stopping.since}`);
  await events.expect('a', 'stopped');
  assert.deepEqual(server.offspring(), []);
});

scenario('a grandchild without our environment, its parent gone, is of the tree too', (directory) => ({
  processes: {
    a: {
      command: child(nested('child', nested('naked', 'ignore:TERM', `pid:${directory}/hidden`), 'wait:1000', 'exit:0'), 'say:up'),
      ready: { stdout: 'up' }, stop: { timeout: '300ms' },
    },
  },
}), async ({ server, events, directory, t }) => {
  await server.order('start', 'a');
  const { pid } = await events.expect('a', 'starting', 'running');
  const hidden = Number(await eventually(() => readFile(`${directory}/hidden`, 'utf8').catch(() => ''), 'the pid of the hidden one'));
  t.after(() => alive(hidden) && process.kill(hidden, 'SIGKILL'));
  await eventually(() => server.offspring().every((one) => one === pid), 'the end of the one in between');
  await server.order('stop', 'a');
  const stopping = await events.expect('a', 'stopping');
  assert.ok(stopping.survivors.some((/** @type {any} */ one) => one.pid === hidden), JSON.stringify(stopping.survivors));
  await events.expect('a', 'stopped');
  assert.equal(alive(hidden), false, 'dead when stopped is announced');
});

scenario('many restarts leave no descriptor behind', { processes: { a: { command: SLEEP } } }, async ({ server, events }) => {
  const restart = async () => {
    await server.order('restart', 'a');
    await events.expect('a', 'stopping', 'stopped', 'starting', 'running');
  };
  await server.order('start', 'a');
  await events.expect('a', 'starting', 'running');
  for (let n = 0; n < 5; n += 1) await restart();
  const before = descriptors(server.pid).size;
  for (let n = 0; n < 20; n += 1) await restart();
  await eventually(() => descriptors(server.pid).size <= before + 2, 'descriptors of earlier generations stay open');
});
