// Providers, models, settings and credentials: kept, told, and no key ever comes out.
import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import http from 'node:http';
import { join } from 'node:path';
import { test } from 'node:test';
import { files } from '../lib/files.mjs';
import { launch, scenario, scratch, SLEEP } from '../lib/harness.mjs';
import { cmdline, environ, pids } from '../lib/proc.mjs';
import { SocketClient } from '../lib/socket.mjs';
import { eventually } from '../lib/time.mjs';

const KEY = 'sk-canary-0d4f77a1';
const processes = { a: { command: SLEEP } };

/** @typedef {import('../lib/harness.mjs').Server} Server */

/** @param {Server} server @param {string} method @param {string} path @param {unknown} [body] */
async function send(server, method, path, body) {
  const headers = { 'content-type': 'application/json' };
  const answer = await server.call(path, body === undefined ? { method } : { method, headers, body: JSON.stringify(body) });
  return { ...answer, error: answer.json?.error };
}

/** A call that must succeed. @param {Parameters<typeof send>} call */
async function done(...call) {
  const answer = await send(...call);
  assert.ok(answer.status === 200 || answer.status === 201, `${call.slice(1, 3)}: ${answer.status} ${answer.text}`);
  return answer.json;
}

/** @param {Server} server */
const providers = async (server) => (await server.get('/api/providers')).providers.map((/** @type {any} */ one) => one.id);

/** Waits for a warning in the log, which a thread of its own writes. @param {Server} server @param {string} words */
const warned = (server, words) => eventually(() => server.stderr.includes(words), `a warning: ${words}\n${server.said}`);

/** The file with the keys. @param {Server} server */
const catalog = (server) => join(server.dataDir, 'catalog.db');

scenario('three providers at first, and what is deleted stays deleted', { processes }, async ({ server, again }) => {
  assert.deepEqual(await providers(server), ['qwen-proxy', 'lm-studio', 'ollama']);
  assert.equal((await server.get('/api/settings/active_provider')).value, 'qwen-proxy');
  assert.deepEqual(await done(server, 'DELETE', '/api/providers/ollama'), { success: true });
  await done(server, 'POST', '/api/providers', { name: 'Mine', type: 'vllm', apiKey: KEY, priority: 3 });
  await done(server, 'POST', '/api/models', { id: 'org/fast', providerId: 'mine', upstreamModel: 'x', capabilities: ['chat'] });
  await done(server, 'PUT', '/api/settings/idle_timeout_s', { value: 12 });
  await done(server, 'POST', '/api/qwen/credentials', { apiKey: KEY, region: 'cn' });
  const paths = ['/api/providers', '/api/models', '/api/settings', '/api/qwen/credentials'];
  const all = async (/** @type {Server} */ one) => Promise.all(paths.map((path) => one.get(path)));
  const before = await all(server);
  await server.terminate();
  const next = await again();
  assert.deepEqual(await all(next), before);
  assert.deepEqual(await providers(next), ['mine', 'qwen-proxy', 'lm-studio']);
  assert.deepEqual((await next.get('/api/proxy/status')).providers, { items: before[0].providers, total: 3, enabled: 3 });
});

scenario('every change is told to every client, in the order of the changes', { processes }, async ({ server }) => {
  const clients = await Promise.all([
    SocketClient.connect(server.url), SocketClient.connect(server.url, { transports: ['polling'] }),
  ]);
  for (const client of clients) assert.equal((await client.next()).name, 'proxy:status');
  await done(server, 'POST', '/api/providers', { id: 'p', name: 'P', type: 'openai-compatible', baseUrl: 'http://127.0.0.1:9/v1' });
  await done(server, 'PUT', '/api/providers/p', { name: 'Q' });
  await done(server, 'POST', '/api/providers/p/disable');
  await done(server, 'POST', '/api/providers/p/enable');
  await done(server, 'POST', '/api/models', { id: 'm', providerId: 'p' });
  await done(server, 'PUT', '/api/models/m', { name: 'M' });
  await done(server, 'POST', '/api/qwen/credentials', { apiKey: KEY });
  await done(server, 'DELETE', '/api/qwen/credentials');
  await done(server, 'DELETE', '/api/providers/p');
  const expected = [
    ['providers:updated', 'created', 'p', 4], ['providers:updated', 'updated', 'p', 4], ['providers:updated', 'disabled', 'p', 4],
    ['providers:updated', 'enabled', 'p', 4], ['models:updated', 'created', 'm', 1], ['models:updated', 'updated', 'm', 1],
    ['credentials:updated', 'updated', undefined, undefined], ['credentials:updated', 'deleted', undefined, undefined],
    ['providers:updated', 'deleted', 'p', 3], ['models:updated', 'deleted', 'm', 0],
  ];
  for (const client of clients) {
    for (const one of expected) {
      const { name, data } = await client.next();
      assert.deepEqual([name, data.action, data.providerId ?? data.modelId, data.total], one);
      assert.ok(!Number.isNaN(Date.parse(data.timestamp)) && data.timestamp.endsWith('Z'), data.timestamp);
      if (data.items) assert.equal(data.items.length, data.total);
    }
    client.close();
  }
});

scenario('what is wrong is refused with the field, and nothing is changed', { processes }, async ({ server }) => {
  const before = await server.get('/api/providers');
  /** @type {Array<[string, string, unknown, number, string | undefined]>} */
  const calls = [
    ['POST', '/api/providers', { name: 'X' }, 422, 'type'], ['POST', '/api/providers', { type: 'ollama' }, 422, 'name'],
    ['POST', '/api/providers', { name: 'X', type: 'openai', colour: 1 }, 422, 'colour'],
    ['POST', '/api/providers', { id: 'ollama', name: 'X', type: 'ollama' }, 409, undefined],
    ['PUT', '/api/providers/ollama', { baseUrl: 'nowhere' }, 422, 'baseUrl'], ['PUT', '/api/providers/nobody', {}, 404, undefined],
    ['POST', '/api/models', { id: 'm', providerId: 'nobody' }, 422, 'providerId'], ['DELETE', '/api/models/nobody', undefined, 404, undefined],
    ['PUT', '/api/settings/idle_timeout_s', { value: -1 }, 422, 'value'], ['PUT', '/api/settings/nothing', { value: 1 }, 404, undefined],
    ['POST', '/api/qwen/credentials', { apiKey: KEY, region: 'eu' }, 422, 'region'],
    ['POST', '/api/qwen/credentials', { token: 'x', cookies: 'y' }, 400, undefined], ['PATCH', '/api/providers/ollama', {}, 405, undefined],
  ];
  for (const [method, path, body, status, param] of calls) {
    const answer = await send(server, method, path, body);
    assert.equal(answer.status, status, `${method} ${path}: ${answer.text}`);
    assert.equal(answer.json.success, false);
    assert.equal(answer.error.param, param, answer.text);
  }
  assert.match((await send(server, 'GET', '/api/providers/nobody')).error.message, /qwen-proxy, lm-studio, ollama/);
  assert.deepEqual(await server.get('/api/providers'), before);
});

scenario('credentials expire at their moment, once, and not again at the next start', { processes }, async ({ server, again }) => {
  const client = await SocketClient.connect(server.url);
  const expiresAt = Date.now() + 600;
  await done(server, 'POST', '/api/qwen/credentials', { apiKey: KEY, expiresAt });
  assert.equal((await client.nextOf('credentials:updated')).action, 'updated');
  const expired = await client.nextOf('credentials:updated');
  assert.ok(Date.now() >= expiresAt, 'not before');
  const { action, hasCredentials, isValid, isExpired } = expired;
  assert.deepEqual({ action, hasCredentials, isValid, isExpired }, { action: 'expired', hasCredentials: true, isValid: false, isExpired: true });
  assert.equal(expired.expiresAt, expiresAt);
  client.close();
  await server.terminate();
  const next = await again();
  const other = await SocketClient.connect(next.url);
  const { status } = await other.nextOf('proxy:status');
  assert.deepEqual(status.credentials, { valid: false, hasCredentials: true, isExpired: true, expiresAt });
  await done(next, 'DELETE', '/api/qwen/credentials');
  assert.equal((await other.nextOf('credentials:updated')).action, 'deleted', 'and nothing before it');
  other.close();
});

scenario('a test is one real call with the key', { processes }, async ({ server }) => {
  /** @type {Array<{path: string, key: string | undefined}>} */
  const seen = [];
  const upstream = http.createServer((request, response) => {
    seen.push({ path: request.url ?? '', key: request.headers.authorization });
    response.setHeader('content-type', 'application/json');
    response.end(JSON.stringify({ object: 'list', data: [{ id: 'm-1' }, { id: 'm-2' }] }));
  });
  await new Promise((ready) => { upstream.listen(0, '127.0.0.1', () => ready(undefined)); });
  const { port } = /** @type {import('node:net').AddressInfo} */ (upstream.address());
  await done(server, 'PUT', '/api/providers/lm-studio', { baseUrl: `http://127.0.0.1:${port}/v1`, apiKey: KEY });
  const good = await done(server, 'POST', '/api/providers/lm-studio/test');
  assert.deepEqual({ ...good, durationMs: 0 }, { success: true, durationMs: 0, models: ['m-1', 'm-2'], error: null });
  assert.deepEqual(seen, [{ path: '/v1/models', key: `Bearer ${KEY}` }]);
  upstream.closeAllConnections();
  await new Promise((closed) => { upstream.close(closed); });
  const bad = await done(server, 'POST', '/api/providers/lm-studio/test');
  assert.deepEqual({ ...bad, durationMs: 0 }, { success: false, durationMs: 0, models: [], error: `Nothing listens at 127.0.0.1:${port}: is LM Studio running?` });
});

scenario('no key comes out: answers, events, logs, processes', {
  env: { SIGNALBOX_LOG: 'trace' },
  processes: { a: { command: SLEEP }, qwenProxy: { builtin: 'qwen-proxy', port: 'free' }, providerRouter: { builtin: 'provider-router', port: 'free' } },
}, async ({ server, events }) => {
  const client = await SocketClient.connect(server.url);
  const texts = [];
  for (const [method, path, body] of /** @type {Array<[string, string, unknown]>} */ ([
    ['POST', '/api/qwen/credentials', { apiKey: KEY }], ['PUT', '/api/providers/ollama', { apiKey: KEY, baseUrl: 'http://127.0.0.1:9/v1' }],
    ['PUT', '/api/providers/lm-studio', { apiKey: KEY, name: 7 }], ['POST', '/api/qwen/credentials', { apiKey: KEY, nonsense: KEY }],
    ['POST', '/api/providers/ollama/test', undefined],
  ])) texts.push((await send(server, method, path, body)).text);
  await server.order('start', 'a');
  await events.reach('a', 'running');
  for (const path of ['/api/providers', '/api/providers/ollama', '/api/qwen/credentials', '/api/settings', '/api/proxy/status', '/metrics',
    '/api/history', '/api/processes/qwenProxy/config', '/api/processes/qwenProxy/logs', '/api/processes/providerRouter/logs']) {
    texts.push((await server.call(path)).text);
  }
  await eventually(() => client.all.some((one) => one.name === 'providers:updated'), 'the event');
  texts.push(JSON.stringify(client.all), JSON.stringify(events.all), server.stdout, server.stderr);
  client.close();
  assert.ok(texts.some((text) => text.includes('"hasApiKey":true')), 'else this test sees nothing');
  for (const text of texts) assert.ok(!text.includes(KEY), `the key in: ${text.slice(0, 300)}`);
  for (const pid of pids()) {
    assert.ok(!cmdline(pid).join(' ').includes(KEY), `the key in the command line of ${pid}`);
    assert.ok(![...(environ(pid)?.values() ?? [])].includes(KEY), `the key in the environment of ${pid}`);
  }
  for (const file of files(server.dataDir)) {
    if (file.startsWith(catalog(server))) assert.equal(statSync(file).mode & 0o777, 0o600, file);
    else assert.ok(!readFileSync(file).includes(KEY), `the key in ${file}`);
  }
});

scenario('a damaged journal costs nobody a key', { processes }, async ({ server, again }) => {
  await done(server, 'PUT', '/api/providers/ollama', { apiKey: KEY });
  await server.terminate();
  writeFileSync(join(server.dataDir, 'signalbox.db'), 'x'.repeat(9000));
  const next = await again();
  assert.equal((await next.get('/api/providers/ollama')).hasApiKey, true);
});

scenario('a damaged catalog is set aside, whole, with a warning', { processes }, async ({ server, again }) => {
  await done(server, 'PUT', '/api/providers/ollama', { apiKey: KEY });
  await server.terminate();
  const bytes = readFileSync(catalog(server));
  bytes.fill(0xa5, 100, 140);
  writeFileSync(catalog(server), bytes);
  const next = await again();
  assert.equal((await next.get('/api/providers/ollama')).hasApiKey, false);
  const aside = join(server.dataDir, 'catalog.damaged-1');
  await warned(next, aside);
  assert.deepEqual(readFileSync(aside), bytes);
  assert.equal(statSync(aside).mode & 0o777, 0o600);
  await done(next, 'PUT', '/api/providers/ollama', { apiKey: KEY });
});

test('without a usable file it holds for this run, with a warning', { timeout: 60_000 }, async () => {
  const { directory, remove } = await scratch();
  mkdirSync(join(directory, 'data', 'catalog.db'), { recursive: true });
  const server = await launch({ processes }, directory);
  try {
    await server.listening();
    assert.deepEqual(await providers(server), ['qwen-proxy', 'lm-studio', 'ollama']);
    await warned(server, 'catalog.db cannot be used');
    assert.deepEqual(await done(server, 'DELETE', '/api/providers/ollama'), { success: true });
    assert.deepEqual(await providers(server), ['qwen-proxy', 'lm-studio']);
    await server.finish();
  } finally {
    server.destroy();
    await remove();
  }
});

scenario('changes while they start end none of the built-in servers', {
  processes: { qwenProxy: { builtin: 'qwen-proxy', port: 'free' }, providerRouter: { builtin: 'provider-router', port: 'free' } },
}, async ({ server, events }) => {
  for (const id of ['qwenProxy', 'providerRouter']) await events.reach(id, 'running');
  for (let round = 0; round < 12; round += 1) {
    for (const id of ['qwenProxy', 'providerRouter']) await server.order('restart', id);
    for (let change = 0; change < 8; change += 1) await done(server, 'PUT', '/api/settings/idle_timeout_s', { value: 100 + change });
    for (const id of ['qwenProxy', 'providerRouter']) await events.reach(id, 'running');
    await done(server, 'PUT', '/api/providers/ollama', { priority: round });
  }
  const orders = 13;
  for (const id of ['qwenProxy', 'providerRouter']) {
    const process = await server.state(id);
    assert.deepEqual([process.state, process.generation, process.restarts], ['running', orders, 0]);
  }
});

/** An upstream that says its name; a streamed answer stays open until `end`. @param {string} name */
async function upstream(name) {
  /** @type {http.ServerResponse[]} */
  const open = [];
  const server = http.createServer(async (request, response) => {
    const parts = [];
    for await (const part of request) parts.push(part);
    if (request.method === 'GET') return response.end(JSON.stringify({ object: 'list', data: [{ id: `${name}-model`, object: 'model' }] }));
    if (JSON.parse(Buffer.concat(parts).toString()).stream) {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.write(`data: {"from":"${name}"}\n\n`);
      return open.push(response);
    }
    response.setHeader('content-type', 'application/json');
    return response.end(JSON.stringify({ from: name, key: request.headers.authorization ?? null }));
  });
  await new Promise((ready) => { server.listen(0, '127.0.0.1', () => ready(undefined)); });
  const { port } = /** @type {import('node:net').AddressInfo} */ (server.address());
  return {
    url: `http://127.0.0.1:${port}/v1`,
    end: () => { for (const one of open) one.end('data: [DONE]\n\n'); },
    close: () => { server.closeAllConnections(); server.close(); },
  };
}

scenario('a change reaches the running router within a second, and leaves alone what streams', {
  processes: { providerRouter: { builtin: 'provider-router', port: 'free' } },
}, async ({ server, events, ports }) => {
  const [first, second] = [await upstream('first'), await upstream('second')];
  try {
    const { pid } = await events.reach('providerRouter', 'running');
    const url = `http://127.0.0.1:${ports.providerRouter}/v1/chat/completions`;
    const headers = { 'content-type': 'application/json' };
    const body = (/** @type {boolean} */ stream) => JSON.stringify({ model: 'any', messages: [{ role: 'user', content: 'x' }], stream });
    const from = async () => /** @type {any} */ (await (await fetch(url, { method: 'POST', headers, body: body(false) })).json());
    /** Asks until `wanted` answers: a second is promised, a loaded machine gets five. @param {(answer: any) => boolean} wanted @param {string} what */
    const soon = (wanted, what) => eventually(async () => wanted(await from()), what, 5_000);
    await done(server, 'POST', '/api/providers', { id: 'mine', name: 'Mine', type: 'openai-compatible', baseUrl: first.url });
    await done(server, 'PUT', '/api/settings/active_provider', { value: 'mine' });
    await soon((answer) => answer.from === 'first', 'the new provider');
    const streaming = await fetch(url, { method: 'POST', headers, body: body(true) });
    await done(server, 'PUT', '/api/providers/mine', { baseUrl: second.url, apiKey: KEY });
    await soon((answer) => answer.from === 'second' && answer.key === `Bearer ${KEY}`, 'its new address and key');
    first.end();
    assert.equal(await streaming.text(), 'data: {"from":"first"}\n\ndata: [DONE]\n\n');
    await done(server, 'DELETE', '/api/providers/mine');
    await soon((answer) => answer.error?.code === 'model_not_found', 'no provider');
    const process = await server.state('providerRouter');
    assert.deepEqual([process.state, process.pid, process.generation], ['running', pid, 1]);
  } finally {
    first.close();
    second.close();
  }
});
