// Engine.IO 4 as its text has it (github.com/socketio/engine.io-protocol): handshake, polling and WebSocket.
import assert from 'node:assert/strict';
import { Frames, Polling, SEPARATOR, pathOf } from '../lib/engineio.mjs';
import { scenario, SLEEP } from '../lib/harness.mjs';
import { eventually } from '../lib/time.mjs';

const HANDSHAKE = ['maxPayload', 'pingInterval', 'pingTimeout', 'sid', 'upgrades'];

const ONE = { processes: { a: { command: SLEEP } } };

scenario('a session is opened by polling, and told what it needs', ONE, async ({ server }) => {
  const answer = await server.call(pathOf({ EIO: '4', transport: 'polling' }));
  assert.equal(answer.status, 200);
  assert.match(answer.headers['content-type'] ?? '', /^text\/plain/);
  const open = JSON.parse(answer.text.slice(1));
  assert.deepEqual(Object.keys(open).sort(), HANDSHAKE);
  assert.equal(typeof open.sid, 'string');
  assert.deepEqual(open.upgrades, ['websocket']);
  assert.deepEqual([open.pingInterval, open.pingTimeout, open.maxPayload], [25_000, 20_000, 65_536]);
});

scenario('a session is opened by a WebSocket, and can be upgraded to nothing', ONE, async ({ server, t }) => {
  const frames = new Frames(server.url);
  t.after(() => frames.close());
  const open = await frames.next();
  assert.equal(open[0], '0');
  const told = JSON.parse(open.slice(1));
  assert.deepEqual(Object.keys(told).sort(), HANDSHAKE);
  assert.deepEqual(told.upgrades, []);
});

/** What is wrong with a request, what it says, and the reference's number of that error. */
const REFUSED = /** @type {const} */ ([
  ['no EIO', 'GET', { transport: 'polling' }, 5],
  ['an older EIO', 'GET', { EIO: '3', transport: 'polling' }, 5],
  ['an EIO that is no number', 'GET', { EIO: 'abc', transport: 'polling' }, 5],
  ['no transport', 'GET', { EIO: '4' }, 0],
  ['an unknown transport', 'GET', { EIO: '4', transport: 'abc' }, 0],
  ['an unknown sid', 'GET', { EIO: '4', transport: 'polling', sid: 'AAAAAAAAAAAAAAHs' }, 1],
  ['a sid that cannot be one', 'GET', { EIO: '4', transport: 'polling', sid: '../..' }, 1],
  ['POST for an unknown sid', 'POST', { EIO: '4', transport: 'polling', sid: 'AAAAAAAAAAAAAAHs' }, 1],
  ['POST without a session', 'POST', { EIO: '4', transport: 'polling' }, 2],
  ['PUT without a session', 'PUT', { EIO: '4', transport: 'polling' }, 2],
]);

scenario('what is no handshake is refused with 400 and says why', ONE, async ({ server }) => {
  for (const [what, method, query, code] of REFUSED) {
    const answer = await server.call(pathOf(query), { method });
    assert.equal(answer.status, 400, what);
    assert.match(answer.headers['content-type'] ?? '', /^application\/json/, what);
    assert.equal(Number(answer.json?.code), code, `${what}: ${answer.text}`);
    assert.equal(typeof answer.json.message, 'string', what);
  }
});

scenario('an older client is told which protocol is spoken', ONE, async ({ server }) => {
  for (const transport of ['polling', 'websocket']) {
    const { status, json } = await server.call(pathOf({ EIO: '3', transport }));
    assert.deepEqual([status, json.code], [400, 5]);
    assert.match(json.message, /^Unsupported protocol version: .*EIO=4/);
  }
});

scenario('a WebSocket with a handshake that is none is never opened', ONE, async ({ server }) => {
  for (const query of [{ transport: 'websocket' }, { EIO: 'abc', transport: 'websocket' }, { EIO: '3', transport: 'websocket' },
    { EIO: '4' }, { EIO: '4', transport: 'abc' }, { EIO: '4', transport: 'websocket', sid: '../..' }]) {
    const frames = new Frames(server.url, /** @type {any} */ (query));
    let opened = false;
    frames.socket.on('open', () => { opened = true; });
    assert.equal(await frames.next(), 'closed', JSON.stringify(query));
    assert.equal(opened, false, JSON.stringify(query));
  }
});

scenario('a WebSocket for a session that nobody knows is closed', ONE, async ({ server }) => {
  const frames = new Frames(server.url, { EIO: '4', transport: 'websocket', sid: 'AAAAAAAAAAAAAAHs' });
  assert.equal(await frames.next(), 'closed');
});

scenario('what is no request for a WebSocket is none', ONE, async ({ server }) => {
  const path = pathOf({ EIO: '4', transport: 'websocket' });
  const key = { 'sec-websocket-key': 'dGhlIHNhbXBsZSBub25jZQ==', 'sec-websocket-version': '13' };
  for (const headers of [{}, key, { ...key, connection: 'upgrade', upgrade: 'h2c' }]) {
    assert.equal((await server.call(path, { headers })).status, 400, JSON.stringify(headers));
  }
});

scenario('polling: one packet, several in one body, and the answers in one', ONE, async ({ server }) => {
  const session = await Polling.joined(server.url);
  assert.match(await session.next(), /^42\["proxy:status",/);
  const one = await session.post('421["no:such"]');
  assert.deepEqual([one.status, one.text], [200, 'ok']);
  assert.match(await session.next(), /^431\[\{"ok":false/);
  const several = await session.post(['3', '422["no:such"]', '423["no:such"]', '424["no:such"]'].join(SEPARATOR));
  assert.deepEqual([several.status, several.text], [200, 'ok']);
  for (const id of [2, 3, 4]) assert.match(await session.next(), new RegExp(`^43${id}\\[`));
});

scenario('polling: what cannot be a packet closes the session', ONE, async ({ server }) => {
  const noText = Buffer.from([0x34, 0xff]);
  for (const body of ['abc', '9', 'b!!!', `421["no:such"]${SEPARATOR}abc`, SEPARATOR, noText]) {
    const session = await Polling.joined(server.url);
    assert.equal((await session.post(body)).status, 400, String(body));
    await session.isOver();
  }
});

scenario('polling: a second poll at a time closes the session', ONE, async ({ server }) => {
  const session = await Polling.joined(server.url);
  await session.next();
  // Whichever comes first.
  const answers = await Promise.all([session.get(), session.get()]);
  assert.deepEqual(answers.map(({ status }) => status).sort(), [200, 400]);
  assert.equal(answers.find(({ status }) => status === 200)?.text, '1');
  await session.isOver();
});

scenario('polling: a second POST at a time closes the session', ONE, async ({ server }) => {
  const session = await Polling.joined(server.url);
  const first = session.begin();
  await first.isSent;
  // It may overtake the other one, which is on another connection.
  await eventually(async () => (await session.post('421["no:such"]')).status === 400, 'the refusal');
  first.destroy();
  await session.isOver();
});

scenario('the first heartbeat comes at once, and is answered by either transport', ONE, async ({ server, t }) => {
  const session = await Polling.open(server.url);
  assert.equal((await session.get()).text, '2');
  assert.equal((await session.post('3')).text, 'ok');
  const frames = new Frames(server.url);
  t.after(() => frames.close());
  frames.answers = false;
  assert.match(await frames.next(), /^0\{/);
  assert.equal(await frames.next(), '2');
  frames.send('3');
  frames.send('40');
  assert.match(await frames.next(), /^40/);
});

scenario('a close packet ends the session: a poll that waits is let go', ONE, async ({ server, t }) => {
  const session = await Polling.joined(server.url);
  await session.next();
  const waiting = session.get();
  assert.equal((await session.post('1')).text, 'ok');
  const { status, text } = await waiting;
  assert.deepEqual([status, text], [200, '6']);
  await session.isOver();
  const frames = await Frames.joined(server.url);
  t.after(() => frames.close());
  frames.send('1');
  await frames.isEnded();
});

scenario('a WebSocket: what cannot be a packet ends it', ONE, async ({ server }) => {
  for (const packet of ['abc', '', '0{}', '5', '6', 'bAQID']) {
    const frames = await Frames.joined(server.url);
    frames.send(packet);
    await frames.isEnded();
  }
});
