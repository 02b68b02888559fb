// A LiteLLM proxy as the provider: another gateway between the router and the models.
import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, test } from 'node:test';
import OpenAI from 'openai';
import { scratch } from '../../lib/harness.mjs';
import { call } from '../../lib/http.mjs';
import { freePort } from '../../lib/ports.mjs';
import { eventually } from '../../lib/time.mjs';
import { MESSAGES, TEXT, WEATHER_ARGUMENTS, WEATHER_TOOL, all } from '../lib/ask.mjs';
import { Command } from '../lib/command.mjs';
import { offline, program } from '../lib/python.mjs';
import { CLIENT_KEY, Proxy } from '../lib/through.mjs';
import { UPSTREAM_KEY, Upstream } from '../lib/upstream.mjs';

/** LiteLLM loads most of Python's ecosystem before it listens. */
const STARTED_MS = 120_000;
const SCRIPTS = ['plain', 'gated', 'tools', 'reasoning', 'status-429', 'status-401', 'cut'];

const { directory, remove } = await scratch();
const upstream = await Upstream.start();
const port = await freePort();
const models = SCRIPTS.map((name) => ({ model_name: name, litellm_params: { model: `openai/${name}`, api_base: upstream.url, api_key: UPSTREAM_KEY, max_retries: 0 } }));
const config = join(directory, 'litellm.json');
await writeFile(config, JSON.stringify({ model_list: models, router_settings: { num_retries: 0 }, litellm_settings: { num_retries: 0, telemetry: false } }));
const litellm = new Command(program('litellm', '.venv-litellm'), ['--config', config, '--host', '127.0.0.1', '--port', String(port)], {
  env: offline({ HOME: directory, LITELLM_DANGEROUSLY_PERMIT_WEAK_OR_UNSET_MASTER_KEY: 'true' }), cwd: directory,
});
const base = `http://127.0.0.1:${port}`;
/** @type {Proxy | undefined} */
let router;

after(async () => {
  litellm.kill('SIGKILL');
  router?.process.kill('SIGKILL');
  upstream.close();
  await remove();
});

await eventually(() => litellm.process.exitCode !== null || call(`${base}/health/liveliness`).then((answer) => answer.status === 200, () => false), 'LiteLLM', STARTED_MS)
  .catch((error) => { throw new Error(`${error.message}\n${litellm.stdout}\n${litellm.stderr}`); });
router = await Proxy.start('provider-router', `${base}/v1`, '', directory);
const sdk = new OpenAI({ baseURL: router.url, apiKey: CLIENT_KEY, maxRetries: 0 });

test('LiteLLM as provider: its models are the router\'s', async () => {
  const ids = (await all(sdk.models.list())).map((model) => model.id);
  for (const name of SCRIPTS) assert.ok(ids.includes(name), name);
});

test('LiteLLM as provider: a chat, streamed and not', async () => {
  const whole = await sdk.chat.completions.create({ model: 'plain', messages: MESSAGES });
  assert.equal(whole.choices[0].message.content, TEXT);
  const chunks = await all(await sdk.chat.completions.create({ model: 'plain', messages: MESSAGES, stream: true }));
  assert.equal(chunks.map((chunk) => chunk.choices[0]?.delta.content ?? '').join(''), TEXT);
});

test('LiteLLM as provider: a tool call, streamed', async () => {
  const { choices: [{ message }] } = await sdk.chat.completions.stream({ model: 'tools', messages: MESSAGES, tools: [WEATHER_TOOL] }).finalChatCompletion();
  assert.deepEqual(message.tool_calls?.map((one) => JSON.parse(one.function.arguments)), [WEATHER_ARGUMENTS]);
});

test('LiteLLM as provider: its errors keep their class', async () => {
  /** @param {string} model */
  const ask = (model) => sdk.chat.completions.create({ model, messages: MESSAGES });
  await assert.rejects(ask('status-429'), OpenAI.RateLimitError);
  await assert.rejects(ask('status-401'), OpenAI.AuthenticationError);
});

test('LiteLLM as provider: a stream that is cut is raised', async () => {
  await assert.rejects(async () => all(await sdk.chat.completions.create({ model: 'cut', messages: MESSAGES, stream: true })));
});
