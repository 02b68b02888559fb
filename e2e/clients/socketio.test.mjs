// Clients of Socket.IO that others wrote, against the control server: every transport, every event, and a server that dies.
import assert from 'node:assert/strict';
import { scenario, SLEEP } from '../lib/harness.mjs';
import { parseEvent } from '../lib/invariants.mjs';
import { eventually } from '../lib/time.mjs';
import { connect, refused } from './lib/socketio.mjs';

const ONE = { processes: { a: { command: SLEEP } } };
const WAYS = { 'by WebSocket': ['websocket'], 'by polling': ['polling'], 'from polling to a WebSocket': ['polling', 'websocket'] };
const NEW = /** @type {const} */ (['socket.io-client 4', 'socket.io-client 3', 'python-socketio 5', 'python-socketio 5, asyncio']);

for (const name of NEW) {
  for (const [way, transports] of Object.entries(WAYS)) {
    scenario(`${name}, ${way}: the state, then a start and a stop in order, and acknowledgements`, ONE, async ({ server, events, t }) => {
      const client = await connect[name](server.url, transports);
      t.after(() => client.close());
      const { name: first, data: { status } } = await client.next();
      assert.equal(first, 'proxy:status');
      assert.deepEqual([status.seq, status.a.state], [0, 'stopped']);
      await eventually(async () => await client.transport() === transports.at(-1), `it is on ${transports.at(-1)}`);
      assert.deepEqual(await client.ask('logs:subscribe', { process: 'a' }), { ok: true });
      assert.equal((await client.ask('logs:subscribe', { process: 'nobody' })).ok, false);
      assert.deepEqual(await client.ask('usage:unsubscribe'), { ok: true });
      await server.order('start', 'a');
      await events.expect('a', 'starting', 'running');
      await server.order('stop', 'a');
      await events.expect('a', 'stopping', 'stopped');
      for (const expected of events.all) {
        const event = parseEvent(await client.nextOf('lifecycle:update'));
        assert.deepEqual(event.data, expected.data, 'the same as over server-sent events');
      }
      assert.deepEqual(events.all.map((event) => event.seq), [1, 2, 3, 4]);
    });
  }

  for (const [way, transports] of Object.entries(WAYS)) {
    scenario(`${name}, ${way}: the server is killed and started anew, the client is back by itself`, ONE, async ({ server, events, t, again }) => {
      const client = await connect[name](server.url, transports);
      t.after(() => client.close());
      const { status: before } = await client.nextOf('proxy:status');
      await server.order('start', 'a');
      await events.expect('a', 'starting', 'running');
      for (const seq of [1, 2]) assert.equal(parseEvent(await client.nextOf('lifecycle:update')).seq, seq);
      await eventually(async () => (await server.get('/api/history')).events.length === 2, 'the journal');
      server.signal('SIGKILL');
      await server.exited;

      const next = await again({ listen: new URL(server.url).host });
      const { status } = await nextState(client, before.epoch);
      assert.equal(status.a.state, 'stopped', 'it takes the state as it is');
      assert.ok(status.seq >= 2, 'numbers go on');
      const missed = (await next.get('/api/history?after=2')).events.map((/** @type {any} */ event) => event.seq);
      assert.deepEqual(missed, Array.from({ length: status.seq - 2 }, (_, index) => index + 3), 'what it missed can be had');
      await next.order('start', 'a');
      const [starting, running] = [parseEvent(await client.nextOf('lifecycle:update')), parseEvent(await client.nextOf('lifecycle:update'))];
      assert.deepEqual([starting.state, starting.seq, starting.epoch], ['starting', status.seq + 1, status.epoch]);
      assert.deepEqual([running.state, running.seq], ['running', status.seq + 2]);
    });
  }
}

/** The state that the next run of the server sent. @param {import('./lib/socketio.mjs').Client} client @param {string} epoch of the run before */
async function nextState(client, epoch) {
  for (;;) {
    const state = await client.nextOf('proxy:status');
    if (state.status.epoch !== epoch) return state;
  }
}

for (const name of /** @type {const} */ (['socket.io-client 2', 'python-socketio 4'])) {
  for (const transport of ['websocket', 'polling']) {
    scenario(`${name}: its protocol is too old, which it is told (${transport})`, ONE, async ({ server }) => {
      const said = await refused[name](server.url, [transport]);
      // What it makes of that is its own affair.
      assert.match(said, /400|connection error/i);
    });
  }
}
