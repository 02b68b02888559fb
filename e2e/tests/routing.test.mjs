// What is changed through the control API decides where the proxies send requests, at once and without a restart.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import http from 'node:http';
import { BINARY, cleanEnv, scenario } from '../lib/harness.mjs';
import { call } from '../lib/http.mjs';
import { freePort } from '../lib/ports.mjs';
import { eventually } from '../lib/time.mjs';

const KEY = 'sk-canary-5e1fca';
const NEXT_KEY = 'sk-canary-77aa01';

/** Both proxies, with what is theirs alone: no key of this machine may help them. */
const proxies = {
  processes: { qwenProxy: { builtin: 'qwen-proxy', port: 'free' }, providerRouter: { builtin: 'provider-router', port: 'free' } },
  env: { DASHSCOPE_API_KEY: '', QWEN_BASE_URL: '' },
};

/** @typedef {import('../lib/harness.mjs').Server} Server */
/** @typedef {{path: string, model: any, body: string, key: string | undefined}} Seen */

/** An OpenAI-compatible server with these models, that remembers what it was asked. */
class Far {
  /** @type {Seen[]} */
  seen = [];
  /** Keys that are answered with 401. @type {Set<string>} */
  rejected = new Set();
  /** Ends the streams that wait. @type {Array<() => void>} */
  waiting = [];

  /** @param {string[]} models */
  static async start(models) {
    const far = new Far(models);
    far.server.listen(0, '127.0.0.1').unref();
    await once(far.server, 'listening');
    return far;
  }

  /** @param {string[]} models */
  constructor(models) {
    this.models = models;
    this.server = http.createServer((request, response) => { void this.answer(request, response); });
  }

  get url() {
    const address = this.server.address();
    assert.ok(address !== null && typeof address === 'object');
    return `http://127.0.0.1:${address.port}/v1`;
  }

  /** @param {http.IncomingMessage} request @param {http.ServerResponse} response */
  async answer(request, response) {
    let body = '';
    for await (const part of request.setEncoding('utf8')) body += part;
    const key = request.headers.authorization?.replace('Bearer ', '');
    const json = (/** @type {number} */ status, /** @type {any} */ value) => response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(value));
    if (key !== undefined && this.rejected.has(key)) {
      json(401, { error: { message: 'Incorrect API key provided.', type: 'invalid_request_error', param: null, code: 'invalid_api_key' } });
      return;
    }
    if (request.method === 'GET') {
      json(200, { object: 'list', data: this.models.map((id) => ({ id, object: 'model', created: 1, owned_by: 'far', x_more: { id } })) });
      return;
    }
    const { model, stream } = JSON.parse(body);
    this.seen.push({ path: request.url ?? '', model, body, key });
    if (!stream) { json(200, { id: 'far', model }); return; }
    response.writeHead(200, { 'content-type': 'text/event-stream' }).write('data: {"n":1}\n\n');
    this.waiting.push(() => response.end('data: {"n":2}\n\ndata: [DONE]\n\n'));
  }

  close() {
    this.server.closeAllConnections();
    this.server.close();
  }
}

/** A call of the control API that must succeed. @param {Server} server @param {string} method @param {string} path @param {unknown} [body] */
async function done(server, method, path, body) {
  const headers = { 'content-type': 'application/json' };
  const answer = await server.call(path, body === undefined ? { method } : { method, headers, body: JSON.stringify(body) });
  assert.ok(answer.status === 200 || answer.status === 201, `${method} ${path}: ${answer.status} ${answer.text}`);
  return answer.json;
}

/** @param {string} url @param {string} body */
const chat = (url, body) => call(`${url}/v1/chat/completions`, { method: 'POST', headers: { 'content-type': 'application/json' }, body });

/** What a proxy's health says. @param {string} url */
const health = async (url) => (await call(`${url}/health`)).json;

/** @param {string} url @param {(health: any) => boolean} condition @param {string} what */
const healthy = (url, condition, what) => eventually(async () => condition(await health(url)), what);

scenario('providers, models and settings decide where a request goes', proxies, async ({ server, events, ports }) => {
  const [a, b] = [await Far.start(['tiny', 'org/big', 'same']), await Far.start(['small', 'same'])];
  try {
    for (const id of ['qwenProxy', 'providerRouter']) await events.reach(id, 'running');
    const pid = (await server.get('/api/processes/providerRouter')).pid;
    const router = `http://127.0.0.1:${ports.providerRouter}`;
    for (const id of ['lm-studio', 'ollama', 'qwen-proxy']) await done(server, 'DELETE', `/api/providers/${id}`);
    await done(server, 'POST', '/api/providers', { id: 'a', name: 'A', type: 'openai-compatible', baseUrl: a.url, apiKey: KEY });
    await done(server, 'POST', '/api/providers', { id: 'b', name: 'B', type: 'openai-compatible', baseUrl: b.url });
    await done(server, 'POST', '/api/models', { id: 'mine', providerId: 'b', upstreamModel: 'small' });
    await healthy(router, ({ providers }) => providers.a?.status === 'ok' && providers.b?.status === 'ok', 'both are known and answer');
    await eventually(async () => (await call(`${router}/v1/models/mine`)).status === 200, 'the model is known');

    const list = (await call(`${router}/v1/models`)).json;
    const owners = list.data.map((/** @type {any} */ one) => [one.id, one.owned_by]);
    assert.deepEqual(owners, [['mine', 'b'], ['tiny', 'a'], ['org/big', 'a'], ['same', 'a'], ['a/same', 'a'], ['small', 'b'], ['b/same', 'b']]);
    assert.deepEqual(list.data[1].x_more, { id: 'tiny' }, 'what the provider says more of it is passed on');
    assert.equal((await call(`${router}/v1/models/org/big`)).json.id, 'org/big');

    const cases = /** @type {const} */ ([
      [a, '{"model":"tiny" , "x": [1.0]}', '{"model":"tiny" , "x": [1.0]}'], [b, '{"model":"b/same"}', '{"model":"same"}'],
      [b, ' {"x": 1.50,"model" : "mine"}', ' {"x": 1.50,"model" : "small"}'], [a, '{"model":"org/big"}', '{"model":"org/big"}'],
      [a, '{"model":"a/never/listed"}', '{"model":"never/listed"}'],
    ]);
    for (const [far, sent, expected] of cases) {
      const answer = await chat(router, sent);
      assert.equal(answer.status, 200, answer.text);
      const seen = far.seen.pop();
      assert.deepEqual([seen?.body, seen?.key], [expected, far === a ? KEY : undefined]);
    }

    const unknown = await chat(router, '{"model":"unheard-of"}');
    assert.deepEqual([unknown.status, unknown.json.error.code], [404, 'model_not_found'], unknown.text);
    for (const part of ['unheard-of', 'tiny', 'mine', 'b/same']) assert.ok(unknown.json.error.message.includes(part), unknown.text);
    await done(server, 'PUT', '/api/settings/active_provider', { value: 'b' });
    await eventually(async () => (await chat(router, '{"model":"unheard-of"}')).status === 200, 'it goes to the active provider');
    assert.equal(b.seen.pop()?.model, 'unheard-of');
    assert.equal((await server.get('/api/processes/providerRouter')).pid, pid, 'without a restart');
  } finally { a.close(); b.close(); }
});

scenario('a change does not touch what is in flight', proxies, async ({ server, events, ports }) => {
  const a = await Far.start(['tiny']);
  try {
    await events.reach('providerRouter', 'running');
    const router = `http://127.0.0.1:${ports.providerRouter}`;
    for (const id of ['lm-studio', 'ollama']) await done(server, 'DELETE', `/api/providers/${id}`);
    await done(server, 'POST', '/api/providers', { id: 'a', name: 'A', type: 'openai-compatible', baseUrl: a.url });
    await healthy(router, ({ providers }) => providers.a?.status === 'ok', 'the new provider is known');
    const stream = chat(router, '{"model":"tiny","stream":true}');
    const end = await eventually(() => a.waiting.shift(), 'the stream began');
    await done(server, 'POST', '/api/providers/a/disable');
    await healthy(router, ({ providers }) => providers.a.status === 'disabled', 'it is disabled');
    const refused = await chat(router, '{"model":"a/tiny"}');
    assert.equal(refused.status, 404, refused.text);
    assert.match(refused.json.error.message, /disabled/);
    await done(server, 'DELETE', '/api/providers/a');
    await healthy(router, ({ providers }) => providers.a === undefined, 'it is gone');
    end();
    assert.equal((await stream).text, 'data: {"n":1}\n\ndata: {"n":2}\n\ndata: [DONE]\n\n');
  } finally { a.close(); }
});

scenario("Qwen's credentials: none, stored, rejected, replaced, expired", proxies, async ({ server, events, ports }) => {
  const studio = await Far.start(['qwen-plus']);
  try {
    for (const id of ['qwenProxy', 'providerRouter']) await events.reach(id, 'running');
    const [qwen, router] = [`http://127.0.0.1:${ports.qwenProxy}`, `http://127.0.0.1:${ports.providerRouter}`];
    for (const id of ['lm-studio', 'ollama']) await done(server, 'DELETE', `/api/providers/${id}`);
    await done(server, 'PUT', '/api/providers/qwen-proxy', { baseUrl: `${qwen}/v1` });
    await healthy(router, ({ providers }) => Object.keys(providers).length === 1 && providers['qwen-proxy'].host.endsWith(`:${ports.qwenProxy}`), 'the change');
    const body = '{"model":"qwen-plus"}';
    const missing = await chat(router, body);
    assert.deepEqual([missing.status, missing.json.error.provider], [401, 'qwen-proxy'], missing.text);
    assert.equal(missing.json.error.message, (await chat(qwen, body)).json.error.message, "the Qwen proxy's own words");
    assert.match(missing.json.error.message, /API key/);

    const valid = (/** @type {boolean} */ value) => healthy(qwen, ({ credentials }) => credentials.valid === value, `valid: ${value}`);
    await done(server, 'POST', '/api/qwen/credentials', { apiKey: KEY, baseUrl: studio.url });
    await valid(true);
    assert.equal((await chat(router, body)).status, 200);
    assert.deepEqual([studio.seen.at(-1)?.model, studio.seen.at(-1)?.key], ['qwen-plus', KEY]);

    studio.rejected.add(KEY);
    assert.match((await chat(qwen, body)).json.error.message, /Incorrect API key/);
    await valid(false);
    const before = studio.seen.length;
    const rejected = await chat(qwen, body);
    assert.deepEqual([rejected.status, rejected.json.error.code, studio.seen.length], [401, 'invalid_api_key', before], rejected.text);
    await done(server, 'POST', '/api/qwen/credentials', { apiKey: NEXT_KEY, baseUrl: studio.url });
    await valid(true);
    assert.equal((await chat(qwen, body)).status, 200);
    assert.equal(studio.seen.at(-1)?.key, NEXT_KEY);

    const expiresAt = Date.now() + 1_500;
    await done(server, 'POST', '/api/qwen/credentials', { apiKey: NEXT_KEY, baseUrl: studio.url, expiresAt });
    await healthy(qwen, ({ credentials }) => credentials.expiresAt === expiresAt, 'the time is known');
    await valid(false);
    assert.ok(Date.now() >= expiresAt, 'not before');
    const expired = await chat(qwen, body);
    assert.deepEqual([expired.status, expired.json.error.code], [401, 'expired_credentials'], expired.text);
    await done(server, 'DELETE', '/api/qwen/credentials');
    await healthy(qwen, ({ credentials }) => credentials.expiresAt === null, 'they are gone');
    const said = JSON.stringify([await health(qwen), await health(router), missing.json, rejected.json, expired.json]) + server.said;
    assert.doesNotMatch(said, /canary/, 'no key is told');
  } finally { studio.close(); }
});

scenario('a proxy that the server did not start sees a change as well', { processes: { a: { command: ['sleep', '100000'] } } }, async ({ server, directory }) => {
  const port = await freePort();
  const running = spawn(BINARY, ['provider-router', '--port', String(port), '--data-dir', server.dataDir], {
    env: cleanEnv({ HOME: directory }), stdio: ['ignore', 'ignore', 'inherit'],
  });
  try {
    const router = `http://127.0.0.1:${port}`;
    await eventually(() => health(router).catch(() => undefined), 'it answers');
    await done(server, 'POST', '/api/providers/ollama/disable');
    await healthy(router, ({ providers }) => providers.ollama.status === 'disabled', 'the change');
    running.kill('SIGHUP');
    assert.equal((await health(router)).status, 'ok');
  } finally { running.kill('SIGKILL'); }
});
