// Whatever comes in, from a caller or from a provider: an error in OpenAI's shape that says what happened, and nobody
// is left hanging.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import net from 'node:net';
import { after, before, test } from 'node:test';
import { BINARY, cleanEnv, scratch } from '../lib/harness.mjs';
import { call } from '../lib/http.mjs';
import { freePort } from '../lib/ports.mjs';
import { eventually, within } from '../lib/time.mjs';
import { Upstream, json } from '../lib/upstream.mjs';

/** @type {{far: Upstream, url: string, end: () => Promise<void>}} */
let world;

before(async () => {
  const { directory, remove } = await scratch();
  const far = await Upstream.start('far');
  const port = await freePort();
  const running = spawn(BINARY, ['provider-router', '--port', String(port), '--upstream', far.url, '--data-dir', directory], {
    env: cleanEnv({ HOME: directory }), stdio: ['ignore', 'ignore', 'inherit'],
  });
  const url = `http://127.0.0.1:${port}`;
  await eventually(() => call(`${url}/health`).catch(() => undefined), 'it answers');
  world = { far, url, end: async () => { running.kill('SIGKILL'); far.close(); await remove(); } };
});

after(() => world.end());

/** @param {string | Buffer} body @param {string} [path] */
const post = (body, path = '/v1/chat/completions') => call(`${world.url}${path}`, { method: 'POST', headers: { 'content-type': 'application/json' }, body });

/** @param {import('../lib/http.mjs').Answer} answer @param {number} status @param {RegExp} message */
function refused(answer, status, message) {
  assert.equal(answer.status, status, answer.text.slice(0, 500));
  assert.match(String(answer.headers['content-type']), /^application\/json/);
  const { error } = answer.json;
  for (const field of ['message', 'type', 'param', 'code']) assert.ok(field in error, field);
  assert.match(error.message, message);
  return error;
}

test('a caller that sends what is no request hears what is wrong', { timeout: 60_000 }, async () => {
  const before = world.far.seen.length;
  for (const [body, message] of /** @type {const} */ ([
    ['', /empty/], ['{"model":', /JSON/], ['[]', /JSON object/], ['"text"', /JSON object/], ['{"model":"m"} x', /JSON/],
    ['{"model":7}', /model/], ['{"model":["m"]}', /model/], ['{"model":"a","model":"b"}', /twice/],
  ])) refused(await post(body), 400, message);
  refused(await post(Buffer.from([0x7b, 0xff, 0x7d])), 400, /JSON/);
  refused(await call(`${world.url}/v1/chat/completions`), 405, /POST/);
  refused(await post('{}', '/v1/nothing'), 404, /not served/);
  assert.equal(world.far.seen.length, before, 'none of it went on');
});

test('a large body passes, one that is too large is refused', { timeout: 120_000 }, async () => {
  const big = (/** @type {number} */ mib) => `{"model":"m","image":"${'A'.repeat(mib * 1024 * 1024)}"}`;
  for (const mib of [3, 40]) {
    const answer = await post(big(mib));
    assert.equal(answer.status, 200, answer.text);
    assert.equal(world.far.seen.pop()?.body.length, big(mib).length);
  }
  refused(await post(big(65)), 413, /64 MiB/);
});

/** @type {Array<[string, import('../lib/upstream.mjs').Reply, number, RegExp]>} */
const answers = [
  ['a web page', (response) => response.writeHead(200, { 'content-type': 'text/html' }).end('<html>hello</html>'), 502, /not JSON: <html>/],
  ['a web page as an error', (response) => response.writeHead(503, { 'content-type': 'text/html' }).end('<html>busy</html>'), 502, /HTTP 503.*<html>/],
  ['a web page that says who may come in', (response) => response.writeHead(401, { 'content-type': 'text/html' }).end('<html>no</html>'), 401, /HTTP 401.*<html>/],
  ['half a document', (response) => response.writeHead(200, { 'content-type': 'application/json' }).end('{"choices":['), 502, /not JSON as a whole/],
  ['nothing', (response) => response.writeHead(200, { 'content-type': 'application/json' }).end(), 502, /nothing/],
  ['no answer at all', (response) => response.socket?.destroy(), 502, /closed the connection/],
  ['garbage', (response) => response.writeHead(200, { 'content-type': 'application/json' }).end(Buffer.from([0xff, 0xfe, 0, 1])), 502, /not JSON/],
  ['a text', (response) => response.writeHead(200, { 'content-type': 'text/plain' }).end('ok'), 502, /not JSON: ok/],
  ['what is not HTTP', (response) => response.socket?.end('SSH-2.0-OpenSSH_9.6\r\n'), 502, /sent no valid HTTP: invalid HTTP version/],
  ['an error in another shape', json(400, { detail: 'no such thing' }), 400, /no such thing/],
  ['an error that is a text', json(404, { error: 'model not found' }), 404, /model not found/],
  ['a redirect', (response) => response.writeHead(302, { location: 'http://elsewhere.example/v1' }).end(), 502, /redirects to http:\/\/elsewhere/],
];

for (const [what, reply, status, message] of answers) {
  test(`a provider that answers ${what}`, { timeout: 60_000 }, async () => {
    world.far.script = [reply];
    const error = refused(await post('{"model":"m"}'), status, message);
    assert.equal(error.provider, 'upstream');
    world.far.script = [];
    assert.equal((await post('{"model":"m"}')).status, 200, 'the next request is not harmed');
  });
}

test('half an answer is seen to be half', { timeout: 60_000 }, async () => {
  world.far.script = [(response) => {
    response.writeHead(200, { 'content-type': 'application/json', 'content-length': '100' }).write('{"id":');
    setTimeout(() => response.socket?.destroy(), 50);
  }];
  const ended = await within(post('{"model":"m"}').catch((error) => error), 'the end');
  assert.ok(ended instanceof Error || ended.status === 502, 'broken off, or refused');
  world.far.script = [];
});

test('half a stream ends with an error event and without [DONE]', { timeout: 60_000 }, async () => {
  world.far.script = [(response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' }).write('data: {"n":1}\n\n');
    setTimeout(() => response.socket?.destroy(), 50);
  }];
  const text = await within(raw('{"model":"m","stream":true}'), 'the end');
  assert.match(text, /data: \{"n":1\}/);
  assert.match(text, /"code":"upstream_cut"/);
  assert.doesNotMatch(text, /\[DONE\]/);
  world.far.script = [];
});

test('a client that leaves before the first byte ends the question', { timeout: 60_000 }, async () => {
  let gone = false;
  world.far.script = [(response) => { response.on('close', () => { gone = true; }); }];
  const before = world.far.seen.length;
  const socket = open('{"model":"m"}');
  await eventually(() => world.far.seen.length > before, 'it was asked');
  socket.destroy();
  await eventually(() => gone, 'the end of the question');
  world.far.script = [];
});

/** @param {string} body */
function open(body) {
  const { port } = new URL(world.url);
  const socket = net.connect(Number(port), '127.0.0.1');
  socket.on('error', () => {});
  socket.write(`POST /v1/chat/completions HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-type: application/json\r\ncontent-length: ${body.length}\r\n\r\n${body}`);
  return socket;
}

/** All that comes on a connection until it ends. @param {string} body @returns {Promise<string>} */
function raw(body) {
  return new Promise((done) => {
    let text = '';
    const socket = open(body);
    socket.on('data', (part) => { text += part; });
    socket.on('close', () => done(text));
  });
}
