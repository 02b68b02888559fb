// Engine.IO 4: a session that polls goes on with a WebSocket, and nothing of it is lost, doubled or reordered.
import assert from 'node:assert/strict';
import { Frames, Polling } from '../lib/engineio.mjs';
import { scenario, SLEEP } from '../lib/harness.mjs';

const ONE = { processes: { a: { command: SLEEP } } };

/** Begins and completes it. @param {Polling} session */
async function upgrade(session) {
  const frames = await Frames.upgrading(session);
  frames.send('2probe');
  assert.equal(await frames.next(), '3probe');
  frames.send('5');
  return frames;
}

scenario('probe, and a poll that waits is let go; then all goes over the WebSocket', ONE, async ({ server, t }) => {
  const session = await Polling.joined(server.url);
  assert.match(await session.next(), /^42\["proxy:status",/);
  const waiting = session.get();
  const frames = await Frames.upgrading(session);
  t.after(() => frames.close());
  frames.send('2probe');
  assert.equal(await frames.next(), '3probe');
  const { status, text } = await waiting;
  assert.deepEqual([status, text], [200, '6']);
  assert.equal((await session.get()).text, '6', 'a poll in the middle is let go as well');
  frames.send('5');
  await frames.works();
});

scenario('what is announced in the middle comes over the WebSocket, in order', ONE, async ({ server, events, t }) => {
  const session = await Polling.joined(server.url);
  assert.match(await session.next(), /^42\["proxy:status",/);
  const frames = await Frames.upgrading(session);
  t.after(() => frames.close());
  frames.send('2probe');
  assert.equal(await frames.next(), '3probe');
  await server.order('start', 'a');
  await events.expect('a', 'starting', 'running');
  frames.send('5');
  for (const seq of [1, 2]) {
    const [, event] = JSON.parse((await frames.nextLike('42["lifecycle:update",')).slice(2));
    assert.equal(event.seq, seq);
  }
});

scenario('what a client says by polling in the middle is taken', ONE, async ({ server, t }) => {
  const session = await Polling.joined(server.url);
  const frames = await Frames.upgrading(session);
  t.after(() => frames.close());
  assert.equal((await session.post('421["no:such"]')).text, 'ok');
  frames.send('2probe');
  assert.equal(await frames.next(), '3probe');
  frames.send('5');
  assert.match(await frames.nextLike('431'), /"unknown_event"/);
});

scenario('after it, polling and a further WebSocket are refused, and the session goes on', ONE, async ({ server, t }) => {
  const session = await Polling.joined(server.url);
  const frames = await upgrade(session);
  t.after(() => frames.close());
  await frames.works();
  assert.equal((await session.get()).status, 400);
  assert.equal((await session.post('421["no:such"]')).status, 400);
  const further = new Frames(server.url, { EIO: '4', transport: 'websocket', sid: session.sid });
  assert.equal(await further.next(), 'closed');
  await frames.works();
});

scenario('a second WebSocket in the middle is refused, and the first one completes', ONE, async ({ server, t }) => {
  const session = await Polling.joined(server.url);
  const frames = await Frames.upgrading(session);
  t.after(() => frames.close());
  frames.send('2probe');
  assert.equal(await frames.next(), '3probe');
  const second = new Frames(server.url, { EIO: '4', transport: 'websocket', sid: session.sid });
  t.after(() => second.close());
  second.socket.on('open', () => second.send('2probe'));
  assert.equal(await second.next(), 'closed');
  frames.send('5');
  await frames.works();
});

scenario('what is no probe, or no upgrade, ends the WebSocket', ONE, async ({ server }) => {
  for (const said of [['4hello'], ['5'], ['2'], ['abc'], ['2probe', '2probe'], ['2probe', '421["no:such"]']]) {
    const frames = await Frames.upgrading(await Polling.joined(server.url));
    for (const packet of said) frames.send(packet);
    await frames.isEnded();
  }
});

scenario('who upgrades before it joins gets every event', ONE, async ({ server, events, t }) => {
  const session = await Polling.open(server.url);
  const frames = await upgrade(session);
  t.after(() => frames.close());
  frames.send('40');
  assert.match(await frames.next(), /^40\{"sid":/);
  assert.match(await frames.next(), /^42\["proxy:status",/);
  await server.order('start', 'a');
  await events.expect('a', 'starting', 'running');
  for (const seq of [1, 2]) {
    const [, event] = JSON.parse((await frames.nextLike('42["lifecycle:update",')).slice(2));
    assert.equal(event.seq, seq);
  }
});
