// The calls for all processes, and the status object.
import assert from 'node:assert/strict';
import { child, scenario, SLEEP } from '../lib/harness.mjs';
import { checkProcess } from '../lib/invariants.mjs';

scenario('start all, stop all, and their messages', { processes: { a: { command: SLEEP }, b: { command: SLEEP } } }, async ({ server, events }) => {
  const idle = await server.post('/api/proxy/stop');
  assert.equal(idle.success, true);
  assert.equal(idle.message, 'Proxy servers are not running');
  const started = await server.post('/api/proxy/start');
  assert.equal(started.success, true);
  for (const id of ['a', 'b']) {
    assert.ok(['starting', 'running'].includes(started[id].state), started[id].state);
    await events.expect(id, 'starting', 'running');
  }
  const again = await server.post('/api/proxy/start');
  assert.equal(again.success, true);
  assert.equal(again.message, 'Proxy servers are already running');
  const stopped = await server.post('/api/proxy/stop');
  assert.equal(stopped.success, true);
  for (const id of ['a', 'b']) await events.expect(id, 'stopping', 'stopped');
  assert.equal((await server.post('/api/proxy/stop')).message, 'Proxy servers are not running');
});

scenario('the status object', {
  processes: {
    a: { command: SLEEP, title: 'The first' },
    b: { command: ['false'], ready: { stdout: 'x' } },
    c: { command: child('poke', 'say:up'), ready: { stdout: 'up' } },
  },
}, async ({ server, events }) => {
  const status = async () => (await server.get('/api/proxy/status')).status;
  const first = await server.get('/api/proxy/status');
  for (const field of ['status', 'a', 'b', 'c', 'providers', 'models', 'credentials', 'message', 'seq', 'epoch']) assert.ok(field in first, field);
  assert.deepEqual(Object.keys(first.providers).sort(), ['enabled', 'items', 'total']);
  assert.deepEqual(Object.keys(first.models).sort(), ['items', 'total']);
  assert.deepEqual(Object.keys(first.credentials).sort(), ['expiresAt', 'hasCredentials', 'isExpired', 'valid']);
  assert.ok(Number.isInteger(first.seq));
  assert.equal(first.a.title, 'The first');
  for (const id of ['a', 'b', 'c']) checkProcess(first[id], null, id);
  assert.equal(first.status, 'stopped');
  await server.order('start', 'b');
  await events.expect('b', 'starting', 'error');
  assert.equal(await status(), 'error');
  await server.order('start', 'a');
  const { seq } = (await events.next('a'));
  assert.ok(seq > 0);
  await events.expect('a', 'running');
  assert.equal(await status(), 'partial');
  await server.order('start', 'c');
  await events.expect('c', 'starting');
  assert.equal(await status(), 'starting');
  const last = await server.get('/api/proxy/status');
  assert.equal(last.seq, events.all.at(-1)?.seq);
  assert.equal(last.epoch, events.all.at(-1)?.epoch);
});

scenario('all running', { processes: { a: { command: SLEEP }, b: { command: SLEEP } } }, async ({ server, events }) => {
  await server.post('/api/proxy/start');
  for (const id of ['a', 'b']) await events.expect(id, 'starting', 'running');
  assert.equal((await server.get('/api/proxy/status')).status, 'running');
});

scenario('some stopping', {
  processes: { a: { command: SLEEP }, deaf: { command: child('ignore:TERM', 'say:up'), ready: { stdout: 'up' }, stop: { timeout: '2s' } } },
}, async ({ server, events }) => {
  await server.order('start', 'deaf');
  await events.expect('deaf', 'starting', 'running');
  await server.order('stop', 'deaf');
  await events.expect('deaf', 'stopping');
  assert.equal((await server.get('/api/proxy/status')).status, 'stopping');
});

scenario('autostart', { processes: { a: { command: SLEEP, autostart: true }, b: { command: SLEEP } } }, async ({ server, events }) => {
  await events.expect('a', 'starting', 'running');
  assert.equal((await server.state('b')).state, 'stopped');
  assert.equal((await server.state('a')).autostart, true);
  assert.equal((await server.state('b')).autostart, false);
});

scenario('up --no-start', { processes: { a: { command: SLEEP, autostart: true } }, args: ['--no-start'] }, async ({ server, events }) => {
  await events.quiet('a', 500);
  assert.equal((await server.state('a')).state, 'stopped');
});
