// A new run of the server on the same data directory.
import assert from 'node:assert/strict';
import { scenario, SLEEP } from '../lib/harness.mjs';

scenario('seq goes on, the epoch changes, history is replayed', { processes: { a: { command: SLEEP } } }, async ({ server, events, again }) => {
  await server.order('start', 'a');
  await events.expect('a', 'starting', 'running');
  await server.order('stop', 'a');
  await events.expect('a', 'stopping', 'stopped');
  const { seq, epoch } = await server.get('/api/proxy/status');
  await server.terminate();

  const next = await again();
  const status = await next.get('/api/proxy/status');
  assert.equal(status.seq, seq);
  assert.notEqual(status.epoch, epoch);
  const reader = await next.events(0);
  await next.order('start', 'a');
  await reader.expect('a', 'starting', 'running', 'stopping', 'stopped', 'starting', 'running');
  assert.deepEqual(reader.all.map((event) => event.data).slice(0, 4), events.all.map((event) => event.data), 'replayed as it was');
  assert.equal(reader.all[4].seq, seq + 1);
  assert.equal(reader.all[4].epoch, status.epoch);
  assert.deepEqual(reader.all.slice(0, 4).map((event) => event.epoch), [epoch, epoch, epoch, epoch]);
});

scenario('the stops of the last shutdown are in the journal', { processes: { a: { command: SLEEP } } }, async ({ server, events, again }) => {
  await server.order('start', 'a');
  await events.expect('a', 'starting', 'running');
  await server.terminate();
  const next = await again();
  const { events: history } = await next.get('/api/history?process=a');
  assert.deepEqual(history.map((/** @type {any} */ event) => event.a.state), ['starting', 'running', 'stopping', 'stopped']);
});

scenario('kill -9 in between: what was journaled is replayed, seq never goes back', { processes: { a: { command: SLEEP } } }, async ({ server, events, again }) => {
  for (let round = 0; round < 20; round += 1) {
    await server.order('start', 'a');
    await events.reach('a', 'running');
    await server.order('stop', 'a');
    await events.reach('a', 'stopped');
  }
  const { eventually } = await import('../lib/time.mjs');
  const seen = events.all.at(-1)?.seq ?? 0;
  await eventually(async () => (await server.get('/api/history?limit=1000')).events.at(-1)?.seq === seen, 'the journal');
  server.signal('SIGKILL');
  await server.exited;
  const next = await again();
  const { events: history } = await next.get('/api/history?limit=1000');
  const kept = history.map((/** @type {any} */ event) => event.seq);
  assert.deepEqual(kept, kept.map((/** @type {any} */ _, /** @type {number} */ i) => kept[0] + i), 'no gap');
  assert.ok((await next.get('/api/proxy/status')).seq >= kept.at(-1));
});
