// GET /api/history: oldest first, filtered, in pages.
import assert from 'node:assert/strict';
import { scenario, SLEEP } from '../lib/harness.mjs';
import { eventually } from '../lib/time.mjs';

scenario('all, one process, after, pages', { processes: { a: { command: SLEEP }, b: { command: SLEEP } } }, async ({ server, events }) => {
  for (const id of ['a', 'b']) {
    await server.order('start', id);
    await events.expect(id, 'starting', 'running');
  }
  await server.order('stop', 'a');
  await events.expect('a', 'stopping', 'stopped');
  const wanted = events.all.map((event) => event.data);
  await eventually(async () => (await server.get('/api/history')).events.length === 6, 'six events in the history');
  const all = await server.get('/api/history');
  assert.deepEqual(Object.keys(all).sort(), ['events', 'next']);
  assert.deepEqual(all.events, wanted);
  const ofA = await server.get('/api/history?process=a');
  assert.deepEqual(ofA.events, wanted.filter((event) => 'a' in event));
  const after = await server.get(`/api/history?after=${wanted[1].seq}`);
  assert.deepEqual(after.events, wanted.slice(2));
  const seen = [];
  let next = 0;
  for (let page = 0; page < 3; page += 1) {
    const answer = await server.get(`/api/history?limit=2&after=${next}`);
    assert.equal(answer.events.length, 2);
    seen.push(...answer.events);
    next = answer.next;
  }
  assert.deepEqual(seen, wanted);
});

scenario('an unknown process', { processes: { a: { command: SLEEP } } }, async ({ server }) => {
  const answer = await server.call('/api/history?process=nobody');
  assert.ok([404, 422].includes(answer.status) || answer.json?.events?.length === 0, `${answer.status}: ${answer.text}`);
});

scenario('a limit that is no number', { processes: { a: { command: SLEEP } } }, async ({ server }) => {
  const answer = await server.call('/api/history?limit=lots');
  assert.equal(answer.status, 422, answer.text);
  assert.equal(answer.json.error.param, 'limit');
});
