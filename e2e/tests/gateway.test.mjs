// The two proxies on their own, in front of a scripted upstream.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import http from 'node:http';
import { test } from 'node:test';
import { BINARY, cleanEnv, scratch } from '../lib/harness.mjs';
import { call } from '../lib/http.mjs';
import { freePort } from '../lib/ports.mjs';
import { eventually, within } from '../lib/time.mjs';

const KEY = 'sk-upstream-0042';
const MODELS = { object: 'list', data: [{ id: 'tiny', object: 'model', created: 1, owned_by: 'test' }] };

/** @param {http.RequestListener} listener */
async function upstream(listener) {
  const server = http.createServer(listener).listen(0, '127.0.0.1');
  server.unref();
  await once(server, 'listening');
  const address = server.address();
  assert.ok(address !== null && typeof address === 'object');
  return { url: `http://127.0.0.1:${address.port}/v1`, close: () => { server.closeAllConnections(); server.close(); } };
}

/**
 * @param {string} what @param {http.RequestListener} listener
 * @param {(world: {url: string, running: import('node:child_process').ChildProcess, exited: Promise<any>, stop: () => void}) => Promise<void>} body
 */
function proxied(what, listener, body) {
  for (const [command, flag, key] of [['provider-router', '--upstream', 'SIGNALBOX_UPSTREAM_KEY'], ['qwen-proxy', '--base-url', 'DASHSCOPE_API_KEY']]) {
    test(`${command}: ${what}`, { timeout: 60_000 }, async () => {
      const { directory, remove } = await scratch();
      const far = await upstream(listener);
      const port = await freePort();
      const running = spawn(BINARY, [command, '--port', String(port), flag, far.url, '--data-dir', directory], {
        env: cleanEnv({ HOME: directory, [key]: KEY }), stdio: ['ignore', 'pipe', 'pipe'],
      });
      const exited = once(running, 'exit');
      let text = '';
      running.stdout.on('data', (part) => { text += part; });
      running.stderr.on('data', (part) => { text += part; });
      try {
        await eventually(() => text.includes(`Server listening on port ${port}`) || running.exitCode !== null, `the line of ${command}: ${text}`);
        await body({ url: `http://127.0.0.1:${port}`, running, exited, stop: far.close });
        assert.doesNotMatch(text, new RegExp(KEY), 'the key is not in the output');
      } catch (error) {
        if (error instanceof Error) error.message += `\n${text}`;
        throw error;
      } finally {
        running.kill('SIGKILL');
        far.close();
        await remove();
      }
    });
  }
}

/** @param {string} url @param {any} body */
const chat = (url, body) => call(`${url}/v1/chat/completions`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) });

/** @param {http.IncomingMessage} request */
async function bodyOf(request) {
  const parts = [];
  for await (const part of request) parts.push(part);
  return Buffer.concat(parts).toString();
}

proxied('unknown fields pass through in both directions, with the key', async (request, response) => {
  if (request.url?.startsWith('/v1/models')) {
    response.end(JSON.stringify(MODELS));
    return;
  }
  const body = await bodyOf(request);
  response.setHeader('content-type', 'application/json');
  response.end(JSON.stringify({ echo: JSON.parse(body), authorization: request.headers.authorization, path: request.url, far: { out: 1 } }));
}, async ({ url }) => {
  const sent = { model: 'tiny', messages: [{ role: 'user', content: 'hé\u0000' }], x_unknown: { deep: [1.5, null] } };
  const answer = await chat(url, sent);
  assert.equal(answer.status, 200, answer.text);
  assert.deepEqual(answer.json.echo, sent);
  assert.deepEqual(answer.json.far, { out: 1 });
  assert.equal(answer.json.authorization, `Bearer ${KEY}`);
  assert.equal(answer.json.path, '/v1/chat/completions');
  assert.ok(JSON.stringify((await call(`${url}/v1/models`)).json.data).includes('"tiny"'));
  assert.equal((await call(`${url}/health`)).json.status, 'ok');
});

/** @type {Array<() => void>} */
const steps = [];

/** Streams one chunk for each step that the test takes. @type {http.RequestListener} */
const streaming = async (request, response) => {
  if (request.method === 'GET') { response.end(JSON.stringify(MODELS)); return; }
  await bodyOf(request);
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  for (let i = 1; i <= 3; i += 1) {
    response.write(`data: {"n":${i}}\n\n`);
    if (i < 3) await new Promise((done) => steps.push(() => done(undefined)));
  }
  response.end('data: [DONE]\n\n');
};

/** @param {string} url */
function open(url) {
  const request = http.request(`${url}/v1/chat/completions`, { method: 'POST', agent: false, headers: { 'content-type': 'application/json' } });
  request.end('{"model":"tiny","messages":[],"stream":true}');
  const state = { text: '', ended: false };
  request.on('error', () => { state.ended = true; });
  request.on('response', (response) => {
    response.on('data', (part) => { state.text += part; });
    response.on('close', () => { state.ended = true; });
    response.on('error', () => {});
  });
  return { request, state };
}

proxied('chunks are passed on as they arrive', streaming, async ({ url }) => {
  steps.length = 0;
  const { state } = open(url);
  for (const n of [1, 2]) {
    await eventually(() => state.text.includes(`{"n":${n}}`), `chunk ${n}`);
    assert.ok(!state.text.includes(`{"n":${n + 1}}`));
    (await eventually(() => steps.shift(), 'the next step'))();
  }
  await eventually(() => state.ended, 'the end');
  assert.equal(state.text, 'data: {"n":1}\n\ndata: {"n":2}\n\ndata: {"n":3}\n\ndata: [DONE]\n\n');
});

proxied('SIGTERM drains: what streams may finish, nothing new is taken, then it exits 0', streaming, async ({ url, running, exited }) => {
  steps.length = 0;
  const { state } = open(url);
  await eventually(() => state.text.includes('{"n":1}'), 'the first chunk');
  running.kill('SIGTERM');
  await eventually(() => call(`${url}/health`).then((answer) => answer.status === 503, () => true), 'no new request is taken');
  (await eventually(() => steps.shift(), 'a step'))();
  await eventually(() => state.text.includes('{"n":2}'), 'the second chunk');
  (await eventually(() => steps.shift(), 'a step'))();
  await eventually(() => state.ended, 'the end of the stream');
  assert.ok(state.text.endsWith('data: [DONE]\n\n'), state.text);
  assert.deepEqual(await within(exited, 'the exit'), [0, null]);
});

/** @type {{gone: boolean}} */
const seen = { gone: false };
proxied('a client that goes away ends the upstream request', async (request, response) => {
  if (request.method === 'GET') { response.end(JSON.stringify(MODELS)); return; }
  await bodyOf(request);
  response.on('close', () => { seen.gone = true; });
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  response.write('data: {"n":1}\n\n');
}, async ({ url }) => {
  seen.gone = false;
  const { request, state } = open(url);
  await eventually(() => state.text.includes('{"n":1}'), 'the first chunk');
  request.destroy();
  await eventually(() => seen.gone, 'the end of the upstream request');
});

proxied("an upstream's own error keeps its status and message", async (request, response) => {
  if (request.method === 'GET') { response.end(JSON.stringify(MODELS)); return; }
  await bodyOf(request);
  response.writeHead(429, { 'content-type': 'application/json' }).end('{"error":{"message":"slow down please","type":"rate_limit_error","param":null,"code":"rate"}}');
}, async ({ url }) => {
  const answer = await chat(url, { model: 'tiny', messages: [] });
  assert.equal(answer.status, 429, answer.text);
  assert.match(answer.json.error.message, /slow down please/);
});

proxied('an upstream that is down: 502; one that answers what is not JSON: 502', async (request, response) => {
  if (request.method === 'GET') { response.end(JSON.stringify(MODELS)); return; }
  await bodyOf(request);
  response.writeHead(200, { 'content-type': 'text/html' }).end('<html>hello</html>');
}, async ({ url, stop }) => {
  for (const end of [() => {}, stop]) {
    end();
    const answer = await chat(url, { model: 'tiny', messages: [] });
    assert.equal(answer.status, 502, answer.text);
    for (const field of ['message', 'type', 'param', 'code']) assert.ok(field in answer.json.error, field);
  }
});

proxied('a foreign Origin and a foreign Host get 403, a loopback origin gets CORS', (request, response) => {
  response.end(JSON.stringify(MODELS));
}, async ({ url }) => {
  assert.equal((await call(`${url}/v1/models`, { headers: { origin: 'http://evil.example' } })).status, 403);
  assert.equal((await call(`${url}/v1/models`, { headers: { host: 'evil.example' } })).status, 403);
  const answer = await call(`${url}/v1/models`, { headers: { origin: 'http://localhost:5173' } });
  assert.equal(answer.status, 200);
  assert.equal(answer.headers['access-control-allow-origin'], 'http://localhost:5173');
});

proxied('what the client did wrong', (request, response) => {
  response.end(JSON.stringify(MODELS));
}, async ({ url }) => {
  const malformed = await call(`${url}/v1/chat/completions`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: '{"a' });
  assert.equal(malformed.status, 400, malformed.text);
  assert.deepEqual(Object.keys(malformed.json.error).sort(), ['code', 'message', 'param', 'type']);
  assert.equal((await call(`${url}/v1/nothing`)).status, 404);
  assert.ok([404, 405].includes((await call(`${url}/v1/chat/completions`)).status));
});
