// Where several providers have a model: who answers, when, and what the caller is told.
import assert from 'node:assert/strict';
import http from 'node:http';
import { scenario } from '../lib/harness.mjs';
import { call } from '../lib/http.mjs';
import { freePort } from '../lib/ports.mjs';
import { eventually } from '../lib/time.mjs';
import { Upstream, json, refusal, silence } from '../lib/upstream.mjs';

const router = { processes: { providerRouter: { builtin: 'provider-router', port: 'free' } } };

/** @typedef {import('../lib/harness.mjs').Server} Server */

/** A call of the control API that must succeed. @param {Server} server @param {string} method @param {string} path @param {unknown} [body] */
async function done(server, method, path, body) {
  const headers = { 'content-type': 'application/json' };
  const answer = await server.call(path, body === undefined ? { method } : { method, headers, body: JSON.stringify(body) });
  assert.ok(answer.status === 200 || answer.status === 201, `${method} ${path}: ${answer.status} ${answer.text}`);
  return answer.json;
}

/** @param {Server} server @param {string} key @param {unknown} value */
const set = (server, key, value) => done(server, 'PUT', `/api/settings/${key}`, { value });

/** @param {string} url @param {string} [body] */
const chat = (url, body = '{"model":"m"}') => call(`${url}/v1/chat/completions`, { method: 'POST', headers: { 'content-type': 'application/json' }, body });

/** What the router's health says of a provider. @param {string} url @param {string} id */
const health = async (url, id) => (await call(`${url}/health`)).json.providers[id];

/** @param {string} url @param {string} id @param {string} status @param {number} [ms] */
const until = (url, id, status, ms = 20_000) => eventually(async () => (await health(url, id))?.status === status, `${id} is ${status}`, ms);

/** Only these providers, the first one with the highest priority, all of them known to the router. @param {Server} server @param {string} url @param {Upstream[]} upstreams */
async function only(server, url, upstreams) {
  for (const id of ['lm-studio', 'ollama', 'qwen-proxy']) await done(server, 'DELETE', `/api/providers/${id}`);
  for (const [at, { name, url: baseUrl }] of upstreams.entries()) {
    await done(server, 'POST', '/api/providers', { id: name, name, type: 'openai-compatible', baseUrl, apiKey: `sk-${name}`, priority: 10 - at });
  }
  for (const { name } of upstreams) await until(url, name, 'ok');
}

/**
 * A running router in front of these upstreams.
 * @param {string} name @param {() => Promise<Upstream[]>} start
 * @param {(world: {server: Server, url: string, upstreams: Upstream[]}) => Promise<void>} body
 * @param {Record<string, unknown>} [settings] in force before the body begins
 */
function routed(name, start, body, settings = {}) {
  scenario(name, router, async ({ server, events, ports }) => {
    const upstreams = await start();
    try {
      await events.reach('providerRouter', 'running');
      const url = `http://127.0.0.1:${ports.providerRouter}`;
      for (const [key, value] of Object.entries(settings)) await set(server, key, value);
      // What came before in the catalog is in force once the last provider is known.
      await only(server, url, upstreams);
      await body({ server, url, upstreams });
    } finally { for (const upstream of upstreams) upstream.close(); }
  });
}

const two = () => Promise.all([Upstream.start('a'), Upstream.start('b')]);

routed('the next one by priority answers where the first one cannot', two, async ({ url, upstreams: [a, b] }) => {
  assert.equal((await chat(url)).headers['x-provider'], 'a');
  for (const reply of [refusal(503, 'busy'), refusal(500, 'broken'), refusal(429, 'slow down', { 'retry-after': '0' })]) {
    a.script = [reply];
    const answer = await chat(url, '{"model":"m", "x": [1.0]}');
    assert.deepEqual([answer.status, answer.headers['x-provider'], answer.json], [200, 'b', { by: 'b' }]);
    assert.deepEqual([b.seen.at(-1)?.body, b.seen.at(-1)?.key], ['{"model":"m", "x": [1.0]}', 'Bearer sk-b']);
    a.script = [];
    assert.equal((await chat(url)).headers['x-provider'], 'a', 'a success makes up for it');
  }
  a.close();
  assert.equal((await chat(url)).headers['x-provider'], 'b', 'nothing listens there');
});

routed("what is about the request, and whoever is named, is nobody else's", two, async ({ url, upstreams: [a, b] }) => {
  a.script = [refusal(400, 'too many tokens')];
  const wrong = await chat(url);
  assert.deepEqual([wrong.status, wrong.json.error.message, wrong.json.error.provider], [400, 'too many tokens', 'a']);
  a.script = [refusal(502, 'no')];
  const named = await chat(url, '{"model":"a/m"}');
  assert.deepEqual([named.status, named.json.error.message], [502, 'no']);
  assert.equal(b.seen.length, 0);
});

routed('settings: nobody else, or only those, in this order', async () => [...await two(), await Upstream.start('c')], async ({ server, url, upstreams: [a] }) => {
  a.script = [refusal(502, 'no')];
  await set(server, 'fallback_order', ['c', 'b']);
  await eventually(async () => (await chat(url)).headers['x-provider'] === 'c', 'c comes first');
  assert.equal((await chat(url, '{"model":"a/m"}')).headers['x-provider'], 'c', 'also for who names a provider');
  await set(server, 'fallback', false);
  await eventually(async () => (await chat(url)).status === 502, 'a alone');
});

routed('an answer that has begun is never begun anew', two, async ({ url, upstreams: [a, b] }) => {
  a.script = [(response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' }).write('data: {"n":1}\n\n');
    setImmediate(() => response.destroy());
  }];
  const answer = await chat(url, '{"model":"m","stream":true}').catch((error) => error);
  assert.ok(answer instanceof Error || !answer.text.includes('[DONE]'), 'it is seen to be broken');
  assert.equal(b.seen.length, 0);
});

routed('an answer that is none, whatever its status says, is the next one\'s to give', two, async ({ url, upstreams: [a] }) => {
  /** @type {Array<[string, (response: import('node:http').ServerResponse) => void]>} */
  const answers = [
    ['a stream that is cut before its first event', (response) => { response.write(': ping\n\n'); setTimeout(() => response.destroy(), 50); }],
    ['a stream that ends before its first event', (response) => { response.end(); }],
    ['a stream that begins with an error', (response) => { response.end('data: {"error":{"message":"overloaded"}}\n\n'); }],
    ['a stream in which there is nothing', (response) => { response.end('data: [DONE]\n\n'); }],
    ['half a document', (response) => { response.setHeader('content-type', 'application/json').end('{"choices":[{"mess'); }],
    ['an error with a good status', (response) => { response.setHeader('content-type', 'application/json').end('{"error":{"message":"no"}}'); }],
  ];
  for (const [what, answer] of answers) {
    a.script = [(response) => { answer(response.setHeader('content-type', 'text/event-stream')); }];
    const { status, headers, json: said } = await chat(url, '{"model":"m","stream":true}');
    assert.deepEqual([status, headers['x-provider'], said], [200, 'b', { by: 'b' }], what);
    a.script = [];
    assert.equal((await chat(url)).headers['x-provider'], 'a', 'a success makes up for it');
  }
});

routed('where all fail, each is named with its reason, and Retry-After is passed on', two, async ({ url, upstreams: [a, b] }) => {
  a.script = [refusal(429, 'slow down', { 'retry-after': '30' })];
  b.script = [refusal(503, 'overloaded')];
  const answer = await chat(url);
  assert.deepEqual([answer.status, answer.headers['retry-after']], [429, '30'], answer.text);
  for (const part of [/\ba \(127/, /slow down/, /\bb \(127/, /overloaded/]) assert.match(answer.json.error.message, part);
  assert.deepEqual(Object.keys(answer.json.error).sort(), ['code', 'message', 'param', 'provider', 'type']);
});

routed('429: a short wait is waited where nobody else has the model, a long one is told', async () => [await Upstream.start('a')], async ({ url, upstreams: [a] }) => {
  a.script = [refusal(429, 'slow down', { 'retry-after': '1' }), json(200, { by: 'a' })];
  const begun = Date.now();
  assert.equal((await chat(url)).status, 200);
  assert.ok(Date.now() - begun >= 950, 'not before');
  a.script = [refusal(429, 'slow down', { 'retry-after': '60' })];
  const told = await chat(url);
  assert.deepEqual([told.status, told.headers['retry-after'], told.json.error.message], [429, '60', 'slow down']);
  assert.equal((await health(url, 'a')).status, 'cooling_down');
});

routed('429: who wants to be left alone is, for that long', two, async ({ url, upstreams: [a] }) => {
  a.script = [refusal(429, 'slow down', { 'retry-after': '6' })];
  assert.equal((await chat(url)).headers['x-provider'], 'b');
  const begun = Date.now();
  a.script = [];
  const before = a.seen.length;
  while (Date.now() - begun < 1_500) assert.equal((await chat(url)).headers['x-provider'], 'b');
  assert.equal(a.seen.length, before, 'it was not asked');
  await eventually(async () => (await chat(url)).headers['x-provider'] === 'a', 'it is asked again');
});

routed('retries never add up: one deadline for all', two, async ({ url, upstreams: [a, b] }) => {
  [a.script, b.script] = [[silence], [silence]];
  const begun = Date.now();
  const answer = await chat(url);
  const took = Date.now() - begun;
  assert.ok(took >= 2_950 && took < 5_900, `${took} ms for an allowance of 3000`);
  assert.equal(answer.status, 504, answer.text);
  assert.match(answer.json.error.message, /\ba \(.*\bb \(/s);
}, { first_byte_timeout_s: 3 });

routed('who fails again and again is left out, and back by itself', two, async ({ url, upstreams: [a] }) => {
  a.script = [refusal(500, 'broken')];
  for (let n = 0; n < 3; n += 1) assert.equal((await chat(url)).headers['x-provider'], 'b');
  const state = await health(url, 'a');
  assert.equal(state.status, 'failing');
  assert.ok(state.retryInMs > 0 && state.retryInMs <= 5_000, JSON.stringify(state));
  const before = a.seen.length;
  assert.equal((await chat(url)).headers['x-provider'], 'b');
  assert.equal(a.seen.length, before, 'it was not asked');
  assert.equal((await chat(url, '{"model":"a/m"}')).status, 500, 'but whoever names it hears it');
  a.script = [];
  await eventually(async () => (await chat(url)).headers['x-provider'] === 'a', 'it is back');
  assert.equal((await health(url, 'a')).status, 'ok');
});

routed('a key known bad is not sent until it is replaced', two, async ({ server, url, upstreams: [a] }) => {
  a.script = [(response, question) => (question.key === 'Bearer sk-new' ? json(200, { by: 'a' }) : refusal(401, 'bad key'))(response, question)];
  assert.equal((await chat(url)).status, 401, 'the answer of the one it belongs to');
  assert.equal((await health(url, 'a')).status, 'rejected');
  const before = a.seen.length;
  for (let n = 0; n < 3; n += 1) assert.equal((await chat(url)).headers['x-provider'], 'b');
  assert.equal(a.seen.length, before);
  assert.deepEqual([(await chat(url, '{"model":"a/m"}')).status, a.seen.length], [401, before + 1], 'but whoever names it hears it');
  const listed = (await server.get('/api/providers')).health;
  assert.deepEqual([listed.a.status, listed.b.status], ['rejected', 'ok']);
  await done(server, 'PUT', '/api/providers/a', { apiKey: 'sk-new' });
  await eventually(async () => (await chat(url)).headers['x-provider'] === 'a', 'it is back at once');
});

routed('the list of models: fresh names, no patterns, and no wait for who is silent', async () => [...await two(), await Upstream.start('c', ['x'])], async ({ url, upstreams: [a, b, c] }) => {
  const ids = async () => (await call(`${url}/v1/models`)).json.data.map((/** @type {any} */ one) => one.id);
  assert.deepEqual(await ids(), ['m', 'a/m', 'b/m', 'x']);
  c.list = silence;
  b.close();
  for (let n = 0; n < 5; n += 1) {
    const begun = Date.now();
    await ids();
    assert.ok(Date.now() - begun < 1_900, 'what is known is shown without the 2 s that a list may take');
  }
  const { data } = (await call(`${url}/v1/models`)).json;
  for (const row of data) {
    assert.deepEqual([row.object, typeof row.created], ['model', 'number']);
    assert.ok(['a', 'b', 'c'].includes(row.owned_by) && !row.id.includes('*'), JSON.stringify(row));
  }
  a.list = json(200, { object: 'list', data: [{ id: 'new' }] });
  const found = await eventually(async () => (await chat(url, '{"model":"new"}')).headers['x-provider'], 'a new model is found');
  assert.equal(found, 'a');
  assert.ok((await ids()).includes('new'));
});

scenario('a provider that never answered costs little, and its error is told', router, async ({ server, events, ports }) => {
  const [a, silent] = [await Upstream.start('a'), await Upstream.start('silent')];
  silent.list = silence;
  try {
    await events.reach('providerRouter', 'running');
    const url = `http://127.0.0.1:${ports.providerRouter}`;
    await only(server, url, [a]);
    await done(server, 'POST', '/api/providers', { id: 'dead', name: 'dead', type: 'vllm', baseUrl: `http://127.0.0.1:${await freePort()}/v1` });
    await done(server, 'POST', '/api/providers', { id: 'silent', name: 'silent', type: 'vllm', baseUrl: silent.url });
    await until(url, 'silent', 'error');
    const begun = Date.now();
    const list = (await call(`${url}/v1/models`)).json;
    assert.ok(Date.now() - begun < 1_900, `${Date.now() - begun} ms, as if it had been waited for`);
    assert.deepEqual(list.data.map((/** @type {any} */ one) => one.id), ['m']);
    assert.match(list.errors.dead, /dead \(127.*cannot be reached/);
    assert.match(list.errors.silent, /within 2 s/);
  } finally { a.close(); silent.close(); }
});

routed('two different timeouts, each with its name: until the first byte, and between two chunks', async () => [await Upstream.start('a')], async ({ url, upstreams: [a] }) => {
  a.script = [silence];
  const slow = await chat(url);
  assert.equal(slow.status, 504, slow.text);
  assert.match(slow.json.error.message, /did not answer within 0\.6 s/);
  a.script = [(response) => { response.writeHead(200, { 'content-type': 'text/event-stream' }).write('data: {"n":1}\n\n'); }];
  const begun = Date.now();
  const text = await streamed(url);
  const took = Date.now() - begun;
  assert.ok(took >= 1_100 && took < 10_000, `${took} ms`);
  assert.match(text, /data: \{"n":1\}.*"error".*1\.2 s/s);
  assert.doesNotMatch(text, /\[DONE\]/);
}, { first_byte_timeout_s: 0.6, idle_timeout_s: 1.2 });

/** All that comes of a stream, however it ends. @param {string} url @returns {Promise<string>} */
function streamed(url) {
  return new Promise((done, fail) => {
    const request = http.request(`${url}/v1/chat/completions`, { method: 'POST', agent: false }, (response) => {
      let text = '';
      response.on('data', (part) => { text += part; });
      response.on('error', () => {});
      response.on('close', () => done(text));
    });
    request.on('error', fail);
    request.end('{"model":"m","stream":true}');
  });
}
