// The server itself is stopped by SIGSTOP for a while, as a machine under load or a suspended one does it.
import assert from 'node:assert/strict';
import { constants } from 'node:os';
import { setTimeout as delay } from 'node:timers/promises';
import { child, nested, scenario, SLEEP } from '../lib/harness.mjs';
import { call } from '../lib/http.mjs';
import { alive, catches, stat } from '../lib/proc.mjs';
import { SocketClient } from '../lib/socket.mjs';
import { eventually } from '../lib/time.mjs';

/** What happens while the server sees nothing. @param {import('../lib/harness.mjs').Server} server @param {() => Promise<unknown>} body */
async function whilePaused(server, body) {
  server.signal('SIGSTOP');
  await eventually(() => stat(server.pid)?.state === 'T', 'the pause');
  try {
    await body();
  } finally {
    server.signal('SIGCONT');
  }
}

scenario('a death in the meantime is told afterwards, to old and new clients', {
  processes: { a: { command: child('say:up'), ready: { stdout: 'up' } }, b: { command: SLEEP } },
}, async ({ server, events, t }) => {
  const client = await SocketClient.connect(server.url);
  t.after(() => client.close());
  for (const id of ['a', 'b']) {
    await server.order('start', id);
    await events.expect(id, 'starting', 'running');
  }
  const { pid } = await server.state('a');
  /** @type {Promise<import('../lib/http.mjs').Answer> | undefined} */
  let order;
  await whilePaused(server, async () => {
    process.kill(pid, 'SIGKILL');
    await eventually(() => !alive(pid), 'its death');
    order = call(`${server.url}/api/processes/b/stop?wait=20`, { method: 'POST' });
    await delay(3000);
  });
  assert.equal((await events.expect('a', 'error')).error, 'Process killed by signal 9 (SIGKILL)');
  await events.expect('b', 'stopping', 'stopped');
  assert.equal((await order)?.json.state, 'stopped', 'an order that waited meanwhile is carried out');
  for (;;) {
    const update = await client.nextOf('lifecycle:update');
    if (update.b?.state === 'stopped') break;
  }
});

scenario('what got ready in time, while nobody could see it, is running', {
  processes: {
    line: { command: child('poke', 'say:up', 'poke'), ready: { stdout: 'up', timeout: '3s' } },
    port: { command: child('poke', 'listen', 'poke'), port: 'free', ready: { timeout: '3s' } },
    http: { command: child('poke', 'serve', 'poke'), port: 'free', ready: { http: '/', timeout: '3s' } },
    never: { command: child('wait:600000'), ready: { stdout: 'up', timeout: '3s' } },
  },
}, async ({ server, events }) => {
  await server.post('/api/proxy/start');
  for (const id of ['line', 'port', 'http', 'never']) await events.expect(id, 'starting');
  const pids = await eventually(async () => {
    const { processes } = await server.get('/api/processes');
    const found = processes.map((/** @type {any} */ one) => one.pid);
    return found.slice(0, 3).every((/** @type {number} */ pid) => catches(pid, constants.signals.SIGUSR2)) && found;
  }, 'their pids, with a handler each');
  await whilePaused(server, async () => {
    for (const pid of pids.slice(0, 3)) process.kill(pid, 'SIGUSR2');
    await delay(4000);
  });
  for (const id of ['line', 'port', 'http']) await events.expect(id, 'running');
  assert.match((await events.expect('never', 'stopping', 'error')).error, /^Startup timeout \(3s\): /);
});

scenario('one that answers its liveness stays running', {
  processes: { a: { command: child('serve'), port: 'free', liveness: { http: '/', interval: '200ms', timeout: '300ms', failures: 2 } } },
}, async ({ server, events }) => {
  await server.order('start', 'a');
  await events.expect('a', 'starting', 'running');
  for (let round = 0; round < 3; round += 1) {
    await whilePaused(server, () => delay(1000));
    await events.quiet('a', 500);
  }
});

scenario('paused in the middle of a stop: nothing is left afterwards', {
  processes: { a: { command: child(nested('detached', 'ignore:TERM', 'say:up'), 'wait:600000'), ready: { stdout: 'up' }, stop: { timeout: '1s' } } },
}, async ({ server, events }) => {
  await server.order('start', 'a');
  await events.expect('a', 'starting', 'running');
  await server.order('stop', 'a');
  await events.expect('a', 'stopping');
  await whilePaused(server, () => delay(2500));
  await events.expect('a', 'stopped');
  assert.deepEqual(server.offspring(), []);
});
