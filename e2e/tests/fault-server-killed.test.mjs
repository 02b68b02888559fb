// kill -9 of the server, whatever its processes are doing: nothing strays, ports are free, the history is whole.
import assert from 'node:assert/strict';
import { setTimeout as delay } from 'node:timers/promises';
import { child, nested, scenario, SLEEP } from '../lib/harness.mjs';
import { listeningInodes } from '../lib/proc.mjs';
import { eventually } from '../lib/time.mjs';

const up = { stdout: 'up' };
const deaf = child('ignore:TERM', nested('detached', 'ignore:TERM', 'ignore:HUP', 'listen', 'say:up'), 'wait:600000');

/** One process for each state, and what brings it there. */
const processes = {
  stopped: { command: SLEEP },
  starting: { command: child(nested('detached', 'ignore:TERM', 'listen'), 'wait:600000'), port: 'free', ready: { stdout: 'never' } },
  waiting: { command: SLEEP, after: ['starting'] },
  running: { command: deaf, port: 'free', ready: up, stop: { timeout: '300ms' } },
  stopping: { command: deaf, port: 'free', ready: up, stop: { timeout: '300s' } },
  error: { command: ['sh', '-c', 'echo words; exit 3'], ready: { stdout: 'never' } },
  retrying: { command: ['false'], ready: { stdout: 'never' }, restart: { policy: 'on-failure', backoff: '300s', backoff_max: '300s' } },
};

/** The numbers of all that is in the history. @param {import('../lib/harness.mjs').Server} server @returns {Promise<number[]>} */
async function history(server) {
  const all = [];
  for (let after = 0; ;) {
    const page = await server.get(`/api/history?limit=1000&after=${after}`);
    all.push(...page.events);
    if (page.next === null) return all.map((event) => event.seq);
    after = page.next;
  }
}

/** @param {number} last */
const upTo = (last) => Array.from({ length: last }, (_, index) => index + 1);

scenario('in every state at once', { processes }, async ({ server, events, ports, again }) => {
  for (const id of ['starting', 'waiting', 'running', 'stopping', 'error', 'retrying']) await server.order('start', id);
  for (const id of ['running', 'stopping']) await events.expect(id, 'starting', 'running');
  for (const id of ['error', 'retrying']) await events.expect(id, 'starting', 'error');
  for (const id of ['starting', 'waiting']) await events.expect(id, 'starting');
  await eventually(() => listeningInodes(ports.starting).size > 0, 'a port that is open before it is ready');
  await server.order('stop', 'stopping');
  await events.expect('stopping', 'stopping');
  const seen = events.all.map((event) => event.seq);
  assert.deepEqual(await history(server), seen);
  server.signal('SIGKILL');
  await server.exited;

  const next = await again();
  await eventually(() => server.offspring().length === 0, 'the end of all that the first one had', 5000);
  for (const [id, port] of Object.entries(ports)) assert.equal(listeningInodes(port).size, 0, `the port of ${id}`);
  for (const { id, state, error } of (await next.get('/api/processes')).processes) {
    assert.deepEqual([state, error], ['stopped', null], id);
  }
  const reader = await next.events(seen.at(-1));
  for (const id of ['starting', 'waiting']) await reader.expect(id, 'stopping', 'stopped');
  for (const id of ['running', 'stopping', 'error', 'retrying']) await reader.expect(id, 'stopped');
  const told = await history(next);
  assert.deepEqual(told.slice(0, seen.length), seen, 'the history is whole');
  assert.deepEqual(told, upTo((await next.get('/api/processes')).seq), 'and goes on with what the first one could not tell');
  await next.order('start', 'running');
  await reader.expect('running', 'starting', 'running');
});

scenario('at random moments of a storm', {
  processes: {
    plain: { command: SLEEP },
    tree: { command: deaf, port: 'free', ready: up, stop: { timeout: '100ms' } },
    crasher: { command: ['sh', '-c', 'echo up; exit 1'], ready: up, restart: { policy: 'always', max: 1000, backoff: '10ms', backoff_max: '50ms' } },
  },
}, async ({ server: first, ports, again }) => {
  let [server, kept] = [first, 0];
  for (let round = 0; round < 4; round += 1) {
    const events = await server.events(kept);
    const orders = (async () => {
      for (;;) for (const verb of /** @type {const} */ (['start', 'stop', 'restart'])) for (const id of ['plain', 'tree', 'crasher']) await server.order(verb, id);
    })();
    const over = assert.rejects(orders, /ECONNREFUSED|ECONNRESET|socket hang up/);
    await delay(200 + Math.random() * 800);
    server.signal('SIGKILL');
    await server.exited;
    await over;
    const ended = server;
    server = await again();
    await eventually(() => ended.offspring().length === 0, 'the end of all that was left', 5000);
    assert.equal(listeningInodes(ports.tree).size, 0);
    const there = await history(server);
    assert.deepEqual(there, upTo(there.length), 'no hole');
    // What the last batch had, some ms of events, may be lost, and nothing before it.
    assert.ok(there.length >= (events.all.at(-1)?.seq ?? 0) - 200, `${there.length} of ${events.all.at(-1)?.seq}`);
    assert.ok(there.length > kept, 'some of this round is there');
    kept = there.length;
  }
});
