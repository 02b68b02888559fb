// Socket.IO 5 as its text has it (github.com/socketio/socket.io-protocol): what is said beside the events of part 5.
import assert from 'node:assert/strict';
import { Frames, Polling, SEPARATOR } from '../lib/engineio.mjs';
import { scenario, SLEEP } from '../lib/harness.mjs';
import { eventually } from '../lib/time.mjs';

const ONE = { processes: { a: { command: SLEEP } } };
const TOKEN = 'open-sesame-5521';
const GUARDED = { ...ONE, headers: { authorization: `Bearer ${TOKEN}` }, env: { SIGNALBOX_TOKEN: TOKEN } };

/** Sends a packet as the first one, and what is answered. @param {string} url @param {string} packet */
async function answerTo(url, packet) {
  const frames = await Frames.open(url);
  try {
    frames.send(packet);
    return await frames.next();
  } finally {
    frames.close();
  }
}

scenario('CONNECT is answered with an id of its own, with or without a payload', ONE, async ({ server }) => {
  for (const packet of ['40', '40{}', '40{"anything":[1]}', '40/,', '40/,{}']) {
    const answer = await answerTo(server.url, packet);
    assert.match(answer, /^40\{/, packet);
    assert.deepEqual(Object.keys(JSON.parse(answer.slice(2))), ['sid'], packet);
  }
});

scenario('a namespace that is none is refused, and the main one can be joined all the same', ONE, async ({ server, t }) => {
  for (const packet of ['40/random', '40/random,', '40/random,{"token":"x"}']) {
    assert.equal(await answerTo(server.url, packet), '44/random,{"message":"Invalid namespace"}');
  }
  const frames = await Frames.joined(server.url);
  t.after(() => frames.close());
  frames.send('40/random,');
  assert.equal(await frames.nextLike('44'), '44/random,{"message":"Invalid namespace"}');
  await frames.works();
});

scenario('a token comes with CONNECT: without it, or with a wrong one, CONNECT_ERROR', GUARDED, async ({ server, t }) => {
  for (const packet of ['40', '40{}', '40{"token":"wrong"}', '40{"token":7}', '40"open-sesame-5521"', '40null']) {
    const answer = await answerTo(server.url, packet);
    assert.match(answer, /^44\{/, packet);
    assert.match(JSON.parse(answer.slice(2)).message, /^unauthorized: /, packet);
  }
  const frames = await Frames.open(server.url);
  t.after(() => frames.close());
  frames.send('40{"token":"wrong"}');
  assert.match(await frames.next(), /^44\{/);
  frames.send(`40{"token":"${TOKEN}"}`);
  assert.match(await frames.next(), /^40\{"sid":/, 'the same connection may try again');
});

scenario('CONNECT with what is no JSON is refused', ONE, async ({ server }) => {
  for (const packet of ['40{', '40abc', '40{"token":}', '40{}x', '40/,{']) {
    assert.match(await answerTo(server.url, packet), /^44\{"message":"malformed: /, packet);
  }
});

scenario('what is no packet, or comes before CONNECT, ends the connection', ONE, async ({ server }) => {
  for (const packet of ['4', '4abc', '47', '49["x"]', '42["usage:subscribe"]', '421["usage:subscribe"]', '430[]', '41', '45', '451-["x",{"_placeholder":true,"num":0}]x']) {
    const frames = await Frames.open(server.url);
    frames.send(packet);
    if (packet.startsWith('451-')) frames.send(Uint8Array.of(1));
    await frames.isEnded(8000);
  }
});

scenario('after CONNECT, what is malformed ends the connection, on either transport', ONE, async ({ server, events }) => {
  const malformed = ['4abc', '42', '42{}', '42[]', '42[7]', '42"usage:subscribe"', '42abc["usage:subscribe"]', '421', '42["usage:subscribe"',
    '421["usage:subscribe",{]', '42["usage:subscribe",{}]x', '43["no id"]', '44{}', '45["x"]', '45-["x"]', '451000000-["x"]', '46["x"]'];
  for (const packet of malformed) {
    const frames = await Frames.joined(server.url);
    frames.send(packet);
    await frames.isEnded(8000).catch((error) => { throw new Error(`${packet}: ${error.message}`); });
  }
  for (const packet of malformed) {
    const session = await Polling.joined(server.url);
    await session.post(packet);
    await eventually(async () => (await session.get()).status === 400, `the end of the session after ${packet}`, 8000);
  }
  assert.deepEqual(events.all, []);
});

scenario('an event with an id is acknowledged with it, one without is not', ONE, async ({ server, t }) => {
  const frames = await Frames.joined(server.url);
  t.after(() => frames.close());
  frames.send('42["requests:subscribe"]');
  for (const id of ['0', '7', '456', '9007199254740991']) {
    frames.send(`42${id}["requests:unsubscribe"]`);
    assert.equal(await frames.nextLike('43'), `43${id}[{"ok":true}]`);
  }
  frames.send('428["logs:subscribe",{"process":"a"},"more","than",["is","wanted"]]');
  assert.equal(await frames.nextLike('43'), '438[{"ok":true}]');
  frames.send('42/,9["logs:unsubscribe",{"process":"a"}]');
  assert.equal(await frames.nextLike('43'), '439[{"ok":true}]', 'the namespace may be named');
});

scenario('an event that nobody knows is refused in the acknowledgement; an acknowledgement of nothing is ignored', ONE, async ({ server, t }) => {
  const frames = await Frames.joined(server.url);
  t.after(() => frames.close());
  frames.send('431[]');
  frames.send('42["no:such"]');
  frames.send('421["no:such",{"x":1}]');
  const [answer] = JSON.parse((await frames.nextLike('431')).slice(3));
  assert.deepEqual([answer.ok, answer.error.code], [false, 'unknown_event']);
});

scenario('an event with binary parts is taken as one, on either transport', ONE, async ({ server, t }) => {
  const head = '452-3["no:such",{"_placeholder":true,"num":0},{"_placeholder":true,"num":1}]';
  const frames = await Frames.joined(server.url);
  t.after(() => frames.close());
  frames.send(head);
  frames.send(Uint8Array.of(1, 2, 3));
  frames.send(Uint8Array.of(4, 5, 6));
  assert.match(await frames.nextLike('433'), /"unknown_event"/);
  await frames.works();
  const session = await Polling.joined(server.url);
  assert.equal((await session.post([head, 'bAQID', 'bBAUG'].join(SEPARATOR))).text, 'ok');
  for (;;) {
    const packet = await session.next();
    if (packet.startsWith('433')) break;
    assert.match(packet, /^42\["proxy:status"/);
  }
});

scenario('binary parts that nothing announced, or that something else interrupts, end the connection', ONE, async ({ server }) => {
  const head = '451-["no:such",{"_placeholder":true,"num":0}]';
  for (const said of [[Uint8Array.of(1)], [head, '42["no:such"]'], [head, head]]) {
    const frames = await Frames.joined(server.url);
    for (const packet of said) frames.send(packet);
    await frames.isEnded(8000);
  }
});

scenario('a second CONNECT changes nothing', ONE, async ({ server, events, t }) => {
  const frames = await Frames.joined(server.url);
  t.after(() => frames.close());
  frames.send('40');
  await frames.works();
  await server.order('start', 'a');
  await events.expect('a', 'starting', 'running');
  const seqs = [];
  while (seqs.length < 2) seqs.push(JSON.parse((await frames.nextLike('42["lifecycle:update",')).slice(2))[1].seq);
  assert.deepEqual(seqs, [1, 2], 'each event once');
});

scenario('after DISCONNECT nothing is told; the connection stays, and may join again', ONE, async ({ server, events, t }) => {
  const frames = await Frames.joined(server.url);
  t.after(() => frames.close());
  frames.send('41');
  await eventually(async () => (await server.call('/metrics')).text.includes('\nsignalbox_socketio_clients 0\n'), 'nobody is connected');
  await server.order('start', 'a');
  await events.expect('a', 'starting', 'running');
  // CONNECT may overtake the library's own farewell, and counts as a second one then.
  const again = setInterval(() => frames.send('40'), 50);
  t.after(() => clearInterval(again));
  assert.match(await frames.next(), /^40\{"sid":/, 'no event before');
  clearInterval(again);
  const [name, { status }] = JSON.parse((await frames.next()).slice(2));
  assert.deepEqual([name, status.a.state, status.seq], ['proxy:status', 'running', 2]);
  await server.order('stop', 'a');
  await events.expect('a', 'stopping', 'stopped');
  for (const seq of [3, 4]) assert.equal(JSON.parse((await frames.nextLike('42["lifecycle:update",')).slice(2))[1].seq, seq);
});
