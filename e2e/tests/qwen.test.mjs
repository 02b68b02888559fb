// The Qwen proxy in front of a Model Studio that has its ways: limits, keys, models that only stream.
import assert from 'node:assert/strict';
import { scenario } from '../lib/harness.mjs';
import { call } from '../lib/http.mjs';
import { SocketClient } from '../lib/socket.mjs';
import { Studio } from '../lib/studio.mjs';
import { eventually } from '../lib/time.mjs';

const KEY = 'sk-canary-90b1de';

/** The proxy alone, with what is its own: no key of this machine may help it. */
const proxy = {
  processes: { qwenProxy: { builtin: 'qwen-proxy', port: 'free' } },
  env: { DASHSCOPE_API_KEY: '', QWEN_BASE_URL: '' },
};

/** @typedef {import('../lib/harness.mjs').World} World */

/**
 * A running proxy with a key for this studio.
 * @param {World} world @param {Studio} studio
 */
async function begin({ server, events, ports }, studio) {
  await events.reach('qwenProxy', 'running');
  const url = `http://127.0.0.1:${ports.qwenProxy}`;
  await store(server, { apiKey: KEY, baseUrl: studio.url });
  await eventually(async () => (await credentials(url)).state === 'unverified', 'the key is known');
  return url;
}

/** @param {import('../lib/harness.mjs').Server} server @param {any} value */
async function store(server, value) {
  const answer = await server.call('/api/qwen/credentials', { method: 'POST', body: JSON.stringify(value), headers: { 'content-type': 'application/json' } });
  assert.equal(answer.status, 200, answer.text);
  return answer.json;
}

/** @param {string} url @returns {Promise<any>} */
async function credentials(url) {
  return (await call(`${url}/health`)).json.credentials;
}

/** @param {string} url @param {any} body @param {Record<string, string>} [headers] */
function chat(url, body, headers = {}) {
  return call(`${url}/v1/chat/completions`, { method: 'POST', body: JSON.stringify(body), headers: { 'content-type': 'application/json', ...headers } });
}

/** @param {(studio: Studio, url: string, world: World) => Promise<void>} body @returns {(world: World) => Promise<void>} */
const inFrontOf = (body) => async (world) => {
  const studio = await Studio.start();
  try {
    await body(studio, await begin(world, studio), world);
  } finally { studio.close(); }
};

scenario('a burst is answered whole within the limits by the second and of growth', proxy, inFrontOf(async (studio, url) => {
  studio.limits = { perMinute: 600, perSecond: 10, growth: 5 };
  const answers = await Promise.all(Array.from({ length: 40 }, () => chat(url, { model: 'qwen-plus' })));
  assert.deepEqual(answers.map(({ status }) => status), Array(40).fill(200));
  assert.equal(studio.count(200), 40);
  // The burst taught it; what follows goes out at a pace that is taken.
  assert.ok(studio.count(429) <= 45, `${studio.count(429)} were refused on the way`);
}));

scenario('a steady load above the limit is slowed down, and nobody hears of it', proxy, inFrontOf(async (studio, url) => {
  studio.limits = { perMinute: 180, perSecond: 3 };
  /** @type {number[]} */
  const statuses = [];
  const worker = async () => { for (let n = 0; n < 6; n += 1) statuses.push((await chat(url, { model: 'qwen-plus' })).status); };
  await Promise.all([worker(), worker(), worker(), worker(), worker()]);
  assert.deepEqual(statuses, Array(30).fill(200));
  assert.ok(studio.count(429) <= 12, `${studio.count(429)} were refused on the way`);
}));

scenario('a model that only streams answers in one piece all the same', proxy, inFrontOf(async (studio, url) => {
  studio.thinkers.add('qwen3-32b');
  const body = { model: 'qwen3-32b', messages: [], enable_thinking: true, thinking_budget: 100, x_own: { a: 1 } };
  for (let n = 1; n <= 2; n += 1) {
    const answer = await chat(url, body);
    assert.equal(answer.status, 200, answer.text);
    const [choice] = answer.json.choices;
    assert.deepEqual([answer.json.object, choice.finish_reason], ['chat.completion', 'tool_calls']);
    assert.deepEqual(choice.message, {
      role: 'assistant', content: 'Hello', reasoning_content: 'Well',
      tool_calls: [{ id: 'call-1', type: 'function', function: { name: 'look', arguments: '{"at":1}' } }],
    });
    assert.deepEqual(answer.json.usage, { prompt_tokens: 3, completion_tokens: 4, total_tokens: 7 });
    assert.equal(studio.count(400), 1, 'it is remembered');
  }
  assert.deepEqual(studio.seen.at(-1)?.body, { ...body, stream: true, stream_options: { include_usage: true } });
  const streamed = await chat(url, { ...body, stream: true });
  assert.match(streamed.text, /^data: .*"reasoning_content":"Well"/);
  assert.match(streamed.text, /data: \[DONE\]\n\n$/);
}));

scenario("Qwen's own parameters and headers pass both ways", proxy, inFrontOf(async (studio, url) => {
  const body = { model: 'qwen-plus', enable_thinking: false, thinking_budget: 5, enable_search: true, search_options: { forced_search: true }, top_k: 3 };
  const answer = await chat(url, body, { 'x-dashscope-cachecontrol': 'enable', 'x-dashscope-useragent': 'QwenCode/0.24.4' });
  assert.deepEqual([answer.status, answer.headers['x-dashscope-call-gateway']], [200, 'true']);
  const seen = studio.seen.at(-1);
  assert.equal(seen?.text, JSON.stringify(body));
  assert.deepEqual([seen?.headers['x-dashscope-cachecontrol'], seen?.headers['x-dashscope-useragent'], seen?.key], ['enable', 'QwenCode/0.24.4', KEY]);
}));

scenario('an account that does not pay is said so, and tried no more than now and then', proxy, inFrontOf(async (studio, url) => {
  studio.pays = false;
  const first = await chat(url, { model: 'qwen-plus' });
  assert.deepEqual([first.status, first.json.error.code, first.json.error.qwen_code], [400, 'insufficient_quota', 'Arrearage'], first.text);
  assert.match(first.json.error.message, /^Access denied, please make sure your account is in good standing\. .*Expenses and Costs/);
  assert.equal((await credentials(url)).state, 'out_of_quota');
  const second = await chat(url, { model: 'qwen-plus' });
  assert.deepEqual([second.status, studio.seen.length], [429, 1], second.text);
}));

scenario('a key that is rejected is shown so until it is replaced, and not sent meanwhile', proxy, inFrontOf(async (studio, url, { server }) => {
  const client = await SocketClient.connect(server.url);
  const shown = async () => { const { hasCredentials, isValid, state } = await server.get('/api/qwen/credentials'); return [hasCredentials, isValid, state]; };
  const told = async () => { const { action, hasCredentials, isValid, isExpired } = await client.nextOf('credentials:updated'); return [action, hasCredentials, isValid, isExpired]; };
  assert.deepEqual(await shown(), [true, true, 'unverified']);
  assert.equal((await chat(url, { model: 'qwen-plus' })).status, 200);
  await eventually(async () => (await shown())[2] === 'valid', 'the control server hears that the key is good');
  studio.rejected.add(KEY);
  assert.equal((await chat(url, { model: 'qwen-plus' })).status, 401);
  assert.deepEqual(await told(), ['updated', true, false, false], 'nothing was told before the rejection');
  assert.deepEqual(await shown(), [true, false, 'rejected']);
  assert.equal((await server.get('/api/proxy/status')).credentials.valid, false);
  assert.ok((await chat(url, { model: 'qwen-plus' })).status >= 400);
  await server.call('/api/settings/idle_timeout_s', { method: 'PUT', body: '{"value":77}', headers: { 'content-type': 'application/json' } });
  assert.deepEqual(await shown(), [true, false, 'rejected'], 'another change is not about the key');
  const next = `${KEY}-2`;
  await store(server, { apiKey: next, baseUrl: studio.url });
  assert.deepEqual(await shown(), [true, true, 'unverified']);
  assert.deepEqual(await told(), ['updated', true, true, false]);
  await eventually(async () => (await credentials(url)).state === 'unverified', 'the proxy has the new key');
  assert.equal((await chat(url, { model: 'qwen-plus' })).status, 200);
  await eventually(async () => (await shown())[2] === 'valid', 'the control server hears of the new key');
  assert.deepEqual(studio.seen.map(({ key, status }) => [key, status]), [[KEY, 200], [KEY, 401], [next, 200]]);
  client.close();
}));

scenario('a key of a Coding Plan comes with a warning, and chat.qwen.ai is not the way', proxy, async ({ server, events }) => {
  await events.reach('qwenProxy', 'running');
  const key = 'sk-sp-canary-11';
  const stored = await store(server, { apiKey: key });
  assert.match(stored.warning, /Coding Plan/);
  const read = await server.get('/api/qwen/credentials');
  assert.equal(read.warning, stored.warning);
  await eventually(async () => JSON.stringify(await server.get('/api/processes/qwenProxy/logs?tail=50')).includes('Coding Plan'), 'the proxy says it too');
  assert.equal((await store(server, { apiKey: KEY })).warning, null);
  const old = await server.call('/api/qwen/credentials', { method: 'POST', body: JSON.stringify({ token: 'x', cookies: 'y' }), headers: { 'content-type': 'application/json' } });
  assert.equal(old.status, 400);
  assert.match(old.json.error.message, /API key of Alibaba Cloud Model Studio.*https:\/\/modelstudio/);
  assert.doesNotMatch(server.said + JSON.stringify(await server.get('/api/processes/qwenProxy/logs?tail=50')), /canary/);
});
