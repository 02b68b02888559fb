// GET /api/events: replay, live, snapshot.
import assert from 'node:assert/strict';
import { scenario, SLEEP } from '../lib/harness.mjs';
import { parseEvent } from '../lib/invariants.mjs';

const processes = { a: { command: SLEEP }, b: { command: SLEEP } };

/** @param {import('../lib/harness.mjs').World} world */
async function four({ server, events }) {
  await server.order('start', 'a');
  await events.expect('a', 'starting', 'running');
  await server.order('stop', 'a');
  await events.expect('a', 'stopping', 'stopped');
  return events.all.map((event) => event.seq);
}

scenario('after: what came later, then live', { processes }, async (world) => {
  const { server, t } = world;
  const seqs = await four(world);
  const stream = await server.sse(`/api/events?after=${seqs[1]}`);
  t.after(() => stream.close());
  assert.equal(stream.status, 200);
  assert.match(stream.headers['content-type'] ?? '', /^text\/event-stream/);
  for (const seq of seqs.slice(2)) {
    const message = await stream.next();
    assert.equal(message.event, 'lifecycle:update');
    assert.equal(message.id, String(seq));
    assert.equal(JSON.parse(message.data).seq, seq);
  }
  await server.order('start', 'b');
  const live = parseEvent(JSON.parse((await stream.next()).data));
  assert.deepEqual([live.id, live.state, live.seq], ['b', 'starting', seqs[3] + 1]);
});

scenario('Last-Event-ID counts as after', { processes }, async (world) => {
  const { server, t } = world;
  const seqs = await four(world);
  const stream = await server.sse('/api/events', { 'last-event-id': String(seqs[2]) });
  t.after(() => stream.close());
  assert.equal((await stream.next()).id, String(seqs[3]));
});

scenario('what is not known here is answered with one snapshot', { processes }, async (world) => {
  const { server, t } = world;
  const seqs = await four(world);
  const stream = await server.sse('/api/events?after=999999');
  t.after(() => stream.close());
  const message = await stream.next();
  assert.equal(message.event, 'snapshot');
  const snapshot = JSON.parse(message.data);
  assert.deepEqual(Object.keys(snapshot).sort(), ['epoch', 'processes', 'seq']);
  assert.equal(snapshot.seq, seqs.at(-1));
  assert.deepEqual(snapshot.processes.map((/** @type {any} */ one) => one.id), ['a', 'b']);
  await server.order('start', 'b');
  const next = await stream.next();
  assert.equal(next.event, 'lifecycle:update');
  assert.equal(next.id, String(snapshot.seq + 1));
});

scenario('after what is newest: live alone', { processes }, async (world) => {
  const { server, t } = world;
  const seqs = await four(world);
  const stream = await server.sse(`/api/events?after=${seqs.at(-1)}`);
  t.after(() => stream.close());
  await server.order('start', 'a');
  assert.equal((await stream.next()).id, String((seqs.at(-1) ?? 0) + 1));
});

scenario('many readers see the same', { processes }, async ({ server, events, t }) => {
  const streams = await Promise.all(Array.from({ length: 50 }, () => server.sse('/api/events?after=0')));
  t.after(() => { for (const stream of streams) stream.close(); });
  await server.post('/api/proxy/start');
  for (const id of ['a', 'b']) await events.expect(id, 'starting', 'running');
  for (const stream of streams) {
    for (const event of events.all) assert.deepEqual(JSON.parse((await stream.next()).data), event.data);
  }
});

scenario('after that is no number: 422 or 400, with its name', { processes }, async ({ server }) => {
  const answer = await server.call('/api/events?after=soon');
  assert.ok([400, 422].includes(answer.status), String(answer.status));
  assert.equal(answer.json.success, false);
});
