// Orders of several clients at once: each takes effect at one moment between its call and its answer.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { scenario, child, SLEEP } from '../lib/harness.mjs';
import { unlinearizable } from '../lib/linearizable.mjs';

const CLIENTS = 8;
const VERBS = /** @type {const} */ (['start', 'stop', 'restart']);

/** @typedef {import('../lib/linearizable.mjs').Call} Call */

/** @param {any} process @returns {import('../lib/linearizable.mjs').Seen} */
const seen = ({ state, generation }) => ({ state, generation });

scenario('a thousand orders of eight clients are linearizable', {
  processes: {
    sleeper: { command: SLEEP },
    slow: { command: child('say:up'), ready: { stdout: 'up' } },
    deaf: { command: 'trap "" TERM; echo up; while :; do sleep 0.05; done', ready: { stdout: 'up' }, stop: { timeout: '60ms' } },
  },
}, async ({ server, events }) => {
  const ids = ['sleeper', 'slow', 'deaf'];
  const first = Object.fromEntries(await Promise.all(ids.map(async (id) => [id, seen(await server.state(id))])));
  /** @type {Record<string, Call[]>} */
  const calls = { sleeper: [], slow: [], deaf: [] };
  await Promise.all(Array.from({ length: CLIENTS }, async () => {
    for (let n = 0; n < 1000 / CLIENTS; n += 1) {
      const [id, verb] = [ids[Math.floor(Math.random() * 3)], VERBS[Math.floor(Math.random() * 3)]];
      const called = performance.now();
      const answer = seen(await server.order(verb, id));
      calls[id].push({ verb, called, answered: performance.now(), answer });
    }
  }));
  for (const id of ids) {
    const called = performance.now();
    assert.equal((await server.order('stop', id, '?wait=20')).state, 'stopped');
    calls[id].push({ verb: 'stop', called, answered: performance.now(), answer: null });
  }
  await events.caughtUp((await server.get('/api/processes')).seq);
  for (const id of ids) {
    const states = [first[id], ...events.of(id).map((event) => seen(event.process))];
    assert.equal(unlinearizable(calls[id], states), null, id);
  }
});

/** @param {Array<[import('../lib/linearizable.mjs').Verb, number, number, string, number]>} rows @returns {Call[]} */
const history = (rows) => rows.map(([verb, called, answered, state, generation]) => ({ verb, called, answered, answer: { state, generation } }));
/** @param {Array<[string, number]>} rows */
const announced = (rows) => rows.map(([state, generation]) => ({ state, generation }));

test('the checker: what can be explained is', () => {
  const states = announced([['stopped', 0], ['starting', 1], ['running', 1], ['stopping', 1], ['stopped', 1], ['starting', 2], ['running', 2]]);
  // Two at once, of which the later one was first; then a start that joins a stop.
  const rows = history([['start', 2, 9, 'running', 1], ['restart', 1, 8, 'starting', 1], ['stop', 10, 14, 'stopping', 1], ['start', 11, 20, 'stopping', 1], ['stop', 12, 13, 'stopping', 1]]);
  assert.equal(unlinearizable(rows, states), null);
});

test('the checker: what cannot is found', () => {
  const up = announced([['stopped', 0], ['starting', 1], ['running', 1]]);
  const down = announced([['stopped', 0], ['starting', 1], ['running', 1], ['stopping', 1], ['stopped', 1]]);
  const start = /** @type {const} */ (['start', 0, 1, 'starting', 1]);
  /** @type {Array<[string, Call[], import('../lib/linearizable.mjs').Seen[]]>} */
  const bad = [
    ['a state that nobody ordered', history([[...start]]), down],
    ['an order that did nothing', history([[...start], ['stop', 2, 3, 'running', 1]]), up],
    ['an answer out of the past', history([[...start], ['start', 2, 3, 'running', 1], ['start', 4, 5, 'starting', 1]]), up],
    ['a generation that was never announced', history([['start', 0, 1, 'starting', 2]]), up],
    ['a start that was lost', history([[...start], ['stop', 2, 3, 'stopping', 1], ['start', 4, 5, 'stopping', 1]]), down],
  ];
  for (const [what, calls, states] of bad) assert.notEqual(unlinearizable(calls, states), null, what);
});
