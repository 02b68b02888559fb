// Socket.IO: the state first, then every event in order.
import assert from 'node:assert/strict';
import { scenario, SLEEP, child } from '../lib/harness.mjs';
import { parseEvent } from '../lib/invariants.mjs';
import { SocketClient } from '../lib/socket.mjs';

const ISO = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/;

for (const transports of [['websocket'], ['polling'], ['polling', 'websocket']]) {
  scenario(`proxy:status first, then events in the order of seq (${transports})`, {
    processes: { a: { command: SLEEP }, b: { command: SLEEP } },
  }, async ({ server, events, t }) => {
    await server.order('start', 'a');
    await events.expect('a', 'starting', 'running');
    const client = await SocketClient.connect(server.url, { transports });
    t.after(() => client.close());
    const first = await client.next();
    assert.equal(first.name, 'proxy:status');
    assert.match(first.data.timestamp, ISO);
    assert.deepEqual(Object.keys(first.data).sort(), ['status', 'timestamp']);
    const { status } = first.data;
    assert.equal(status.a.state, 'running');
    assert.equal(status.status, 'partial');
    for (let round = 0; round < 5; round += 1) {
      await server.order('restart', 'a');
      await server.order('start', 'b');
      await events.reach('a', 'running');
      await server.order('stop', 'b');
    }
    await events.reach('b', 'stopped');
    let { seq } = status;
    const last = events.all.at(-1)?.seq ?? 0;
    while (seq < last) {
      const event = parseEvent(await client.nextOf('lifecycle:update'));
      assert.equal(event.seq, seq + 1, 'none missing, in order');
      assert.equal(event.epoch, status.epoch);
      assert.deepEqual(event.data, events.all.find((one) => one.seq === event.seq)?.data, 'the same as over SSE');
      seq = event.seq;
    }
  });
}

scenario('proxy:status equals GET /api/proxy/status', { processes: { a: { command: SLEEP } } }, async ({ server, t }) => {
  const client = await SocketClient.connect(server.url);
  t.after(() => client.close());
  const { status } = (await client.next()).data;
  assert.deepEqual(Object.keys(status).sort(), Object.keys(await server.get('/api/proxy/status')).sort());
});

scenario('proxy:status again after every settled change', { processes: { a: { command: SLEEP }, bad: { command: ['false'], ready: { stdout: 'x' } } } }, async ({ server, t }) => {
  const client = await SocketClient.connect(server.url);
  t.after(() => client.close());
  await client.nextOf('proxy:status');
  await server.order('start', 'a');
  assert.equal((await client.nextOf('proxy:status')).status.a.state, 'running');
  await server.order('start', 'bad');
  assert.equal((await client.nextOf('proxy:status')).status.bad.state, 'error');
  await server.order('stop', 'a');
  assert.equal((await client.nextOf('proxy:status')).status.a.state, 'stopped');
});

scenario('logs:subscribe: the tail after the acknowledgement, then live, then no more', {
  processes: { a: { command: child('say:one', 'say:two', 'say:up', 'poke', 'say:live', 'poke', 'say:unseen', 'poke', 'exit:0'), ready: { stdout: 'up' } } },
}, async ({ server, events, t }) => {
  const client = await SocketClient.connect(server.url);
  t.after(() => client.close());
  await server.order('start', 'a');
  const { pid } = await events.expect('a', 'starting', 'running');
  await client.accepted('logs:subscribe', { process: 'a', tail: 2 });
  const lines = [await client.nextOf('log:line'), await client.nextOf('log:line')];
  assert.deepEqual(lines.map((line) => line.text), ['two', 'up']);
  assert.deepEqual(Object.keys(lines[0]).sort(), ['process', 'seq', 'stream', 'text', 'time']);
  assert.deepEqual([lines[0].process, lines[0].stream], ['a', 'stdout']);
  process.kill(pid, 'SIGUSR2');
  const live = await client.nextOf('log:line');
  assert.equal(live.text, 'live');
  assert.equal(live.seq, lines[1].seq + 1);
  await client.accepted('logs:unsubscribe', { process: 'a' });
  process.kill(pid, 'SIGUSR2');
  await new Promise((done) => { setTimeout(done, 300); });
  process.kill(pid, 'SIGUSR2');
  await events.expect('a', 'stopped');
  assert.ok(!client.all.some((one) => one.data?.text === 'unseen'), 'no line after unsubscribing');
});

scenario('a wrong subscription is refused in the acknowledgement, the connection stays', { processes: { a: { command: SLEEP } } }, async ({ server, t }) => {
  const client = await SocketClient.connect(server.url);
  t.after(() => client.close());
  for (const payload of [{ process: 'nobody' }, {}, { process: 7 }, 'a', null, { process: 'a', tail: 'many' }]) {
    const answer = await client.ask('logs:subscribe', payload);
    assert.equal(answer.ok, false, JSON.stringify(payload));
    assert.deepEqual(Object.keys(answer.error).filter((key) => key !== 'param').sort(), ['code', 'message', 'type'], JSON.stringify(answer));
  }
  await client.accepted('logs:subscribe', { process: 'a' });
  await server.order('start', 'a');
  await client.nextOf('lifecycle:update');
});

scenario('usage:subscribe', { processes: { a: { command: SLEEP } } }, async ({ server, events, t }) => {
  await server.order('start', 'a');
  await events.expect('a', 'starting', 'running');
  const client = await SocketClient.connect(server.url);
  t.after(() => client.close());
  await client.accepted('usage:subscribe');
  const usage = await client.nextOf('usage:updated');
  assert.equal(typeof usage.timestamp === 'number' || ISO.test(usage.timestamp), true);
  assert.equal(typeof usage.a.cpu, 'number');
  assert.ok(usage.a.memory > 0);
  await client.accepted('usage:unsubscribe');
});

scenario('requests:subscribe', { processes: { a: { command: SLEEP } } }, async ({ server, t }) => {
  const client = await SocketClient.connect(server.url);
  t.after(() => client.close());
  await client.accepted('requests:subscribe');
  await client.accepted('requests:unsubscribe');
});

scenario('a hundred clients: each gets the state, then the same events', { processes: { a: { command: SLEEP } } }, async ({ server, events, t }) => {
  const clients = await Promise.all(Array.from({ length: 100 }, () => SocketClient.connect(server.url)));
  t.after(() => { for (const client of clients) client.close(); });
  await server.order('start', 'a');
  await events.expect('a', 'starting', 'running');
  for (const client of clients) {
    assert.equal((await client.next()).name, 'proxy:status');
    assert.equal(parseEvent(await client.nextOf('lifecycle:update')).state, 'starting');
    assert.equal(parseEvent(await client.nextOf('lifecycle:update')).state, 'running');
  }
});

scenario('clients that leave at once do no harm', { processes: { a: { command: SLEEP } } }, async ({ server, events }) => {
  await Promise.all(Array.from({ length: 30 }, async () => (await SocketClient.connect(server.url)).close()));
  await server.order('start', 'a');
  await events.expect('a', 'starting', 'running');
});
