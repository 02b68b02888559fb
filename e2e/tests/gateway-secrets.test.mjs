// No key is to be read anywhere, nor what people say, whatever goes through the proxies: a provider that repeats the one that it refuses,
// logs that say all, the log of requests, events, errors.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import http from 'node:http';
import { files } from '../lib/files.mjs';
import { scenario } from '../lib/harness.mjs';
import { call } from '../lib/http.mjs';
import { SocketClient } from '../lib/socket.mjs';
import { eventually } from '../lib/time.mjs';

/** Whose key it is. A key that was replaced is still somebody's; what is spoken is nobody else's either. */
const KEYS = {
  provider: 'sk-canary-provider-31', replaced: 'sk-canary-replaced-32', qwen: 'sk-canary-qwen-33',
  client: 'sk-canary-client-34', anthropic: 'sk-canary-anthropic-35', cookie: 'canary-cookie-36', spoken: 'canary-words-37',
};

/** Repeats the key that it got, in all the ways in which servers do that. @type {Record<string, (response: http.ServerResponse, key: string) => void>} */
const FAR = {
  plain: (response) => response.writeHead(200, { 'content-type': 'application/json' }).end('{"choices":[{"message":{"content":"x"}}]}'),
  envelope: (response, key) => response.writeHead(400, { 'content-type': 'application/json' })
    .end(JSON.stringify({ error: { message: `Incorrect API key provided: ${key}.`, type: 'invalid_request_error', param: key, code: null } })),
  page: (response, key) => response.writeHead(502, { 'content-type': 'text/html' }).end(`<html>Authorization: Bearer ${key}</html>`),
  text: (response, key) => response.writeHead(200, { 'content-type': 'text/plain' }).end(`who is ${key}?`),
  redirect: (response, key) => response.writeHead(302, { location: `http://elsewhere.example/login?key=${key}` }).end(),
  // What streams is passed on byte for byte; what is kept of it is another matter.
  stream: (response, key) => response.writeHead(200, { 'content-type': 'text/event-stream' })
    .end(`data: {"choices":[]}\n\ndata: ${JSON.stringify({ error: { message: `${key} has expired`, code: 'expired' } })}\n\n`),
  cut: (response) => { response.writeHead(200, { 'content-type': 'text/event-stream' }).write('data: {}\n\n'); setImmediate(() => response.destroy()); },
};

async function start() {
  /** @type {Set<string>} */
  const seen = new Set();
  const server = http.createServer(async (request, response) => {
    let body = '';
    for await (const part of request.setEncoding('utf8')) body += part;
    const key = request.headers.authorization?.replace('Bearer ', '') ?? '';
    seen.add(key);
    for (const mine of [KEYS.client, KEYS.anthropic, KEYS.cookie]) assert.ok(!JSON.stringify(request.headers).includes(mine), 'a key of the client travels on');
    if (request.method === 'GET') response.writeHead(200, { 'content-type': 'application/json' }).end('{"object":"list","data":[]}');
    else FAR[JSON.parse(body).model.replace(/^.*\//, '')](response, key);
  }).listen(0, '127.0.0.1');
  server.unref();
  await once(server, 'listening');
  const { port } = /** @type {import('node:net').AddressInfo} */ (server.address());
  return { seen, url: `http://127.0.0.1:${port}/v1`, close: () => { server.closeAllConnections(); server.close(); } };
}

scenario('no key is told by anything that goes through the proxies', {
  env: { SIGNALBOX_LOG: 'trace', DASHSCOPE_API_KEY: '', QWEN_BASE_URL: '' },
  processes: { qwenProxy: { builtin: 'qwen-proxy', port: 'free' }, providerRouter: { builtin: 'provider-router', port: 'free' } },
}, async ({ server, events, ports }) => {
  const far = await start();
  const client = await SocketClient.connect(server.url);
  try {
    await client.accepted('requests:subscribe');
    for (const id of ['qwenProxy', 'providerRouter']) await events.reach(id, 'running');
    const [router, qwen] = [`http://127.0.0.1:${ports.providerRouter}`, `http://127.0.0.1:${ports.qwenProxy}`];
    /** @type {string[]} */
    const texts = [];
    const keep = (/** @type {{text: string, headers: any}} */ { text, headers }) => { texts.push(text, JSON.stringify(headers)); };
    const send = async (/** @type {string} */ method, /** @type {string} */ path, /** @type {any} */ body) => keep(
      await server.call(path, { method, headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }),
    );
    /** @param {string} url @param {string} model @param {string} [path] */
    const ask = async (url, model, path = '/v1/chat/completions') => {
      const headers = { 'content-type': 'application/json', authorization: `Bearer ${KEYS.client}`, 'x-api-key': KEYS.anthropic, cookie: `session=${KEYS.cookie}` };
      const stream = model.endsWith('stream') || model.endsWith('cut');
      const body = JSON.stringify({ model, stream, max_tokens: 9, messages: [{ role: 'user', content: KEYS.spoken }] });
      const answer = await call(`${url}${path}`, { method: 'POST', headers, body }).catch((error) => ({ text: String(error), headers: {}, status: 0 }));
      if (!model.endsWith('stream')) keep(answer);
      return answer;
    };
    await send('POST', '/api/providers', { id: 'far', name: 'Far', type: 'openai-compatible', baseUrl: far.url, apiKey: KEYS.replaced });
    await eventually(async () => (await ask(router, 'far/plain')).status === 200, 'the provider is known');
    await send('PUT', '/api/providers/far', { apiKey: KEYS.provider });
    await send('POST', '/api/qwen/credentials', { apiKey: KEYS.qwen, baseUrl: far.url });
    await eventually(async () => { await ask(router, 'far/plain'); return far.seen.has(KEYS.provider); }, 'the next key is known');
    await eventually(async () => { await ask(qwen, 'plain'); return far.seen.has(KEYS.qwen); }, "Qwen's key is known");
    for (const model of Object.keys(FAR)) {
      for (const path of ['/v1/chat/completions', '/v1/messages']) await ask(router, `far/${model}`, path);
      await ask(qwen, model);
    }
    await send('POST', '/api/providers/far/test', undefined);
    const rows = await eventually(async () => {
      const { requests } = await server.get('/api/requests?limit=1000');
      return requests.every((/** @type {any} */ one) => one.outcome !== null) ? requests : undefined;
    }, 'the rows');
    const told = rows.map((/** @type {any} */ one) => one.error).join('\n');
    assert.match(told, /\*\*\* has expired/, 'else this test sees nothing');
    assert.match(told, /Incorrect API key provided: \*\*\*/);
    await eventually(() => JSON.stringify(client.all).includes('Incorrect API key provided: ***'), 'the event of a request');
    for (const path of ['/api/requests?limit=1000', '/api/providers', '/api/qwen/credentials', '/api/proxy/status', '/metrics', '/api/history',
      '/api/processes/qwenProxy/logs?tail=10000', '/api/processes/providerRouter/logs?tail=10000']) keep(await server.call(path));
    for (const url of [router, qwen]) for (const path of ['/health', '/v1/models']) keep(await call(`${url}${path}`));
    await server.terminate();
    texts.push(JSON.stringify(client.all), JSON.stringify(events.all), server.stdout, server.stderr);
    const readable = files(server.dataDir).filter((name) => !/\/catalog\.db[^/]*$/.test(name));
    assert.ok(readable.some((name) => name.endsWith('requests.db')) && texts.some((text) => text.includes('TRACE')), 'all that there is is read');
    for (const name of readable) texts.push(readFileSync(name, 'latin1'));
    for (const [whose, key] of Object.entries(KEYS)) {
      for (const text of texts) {
        const at = text.indexOf(key);
        assert.ok(at < 0, `the ${whose} one: ${text.slice(Math.max(0, at - 200), at + 60)}`);
      }
    }
  } finally { client.close(); far.close(); }
});
