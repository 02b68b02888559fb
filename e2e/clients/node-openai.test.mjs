// OpenAI's SDK for Node.js, against `/v1/chat/completions`, `/v1/completions`, `/v1/embeddings` and `/v1/models`.
import assert from 'node:assert/strict';
import OpenAI from 'openai';
import { zodResponseFormat } from 'openai/helpers/zod';
import { z } from 'zod';
import { leavingEndsUpstream } from './lib/abort.mjs';
import { AFTER_TOOLS, MESSAGES, SCHEMA_VALUE, TEXT, WEATHER_ARGUMENTS, WEATHER_TOOL, all, arrivesAsSent } from './lib/ask.mjs';
import { USAGE, vectorOf } from './lib/chat.mjs';
import { NAMES, THOUGHT, WEATHER, WEATHER_TOO } from './lib/scripts.mjs';
import { through } from './lib/through.mjs';

const ALL = { via: ['router', 'qwen', 'chain'] };
const Weather = z.object({ city: z.string(), degrees: z.number() });

/** @param {{url: string, key: string}} world @param {object} [more] */
const sdk = ({ url, key }, more = {}) => new OpenAI({ baseURL: url, apiKey: key, maxRetries: 0, ...more });

/** @param {AsyncIterable<OpenAI.ChatCompletionChunk>} chunks */
async function* words(chunks) {
  for await (const chunk of chunks) yield chunk.choices[0]?.delta.content;
}

through('a chat, not streamed', async (world) => {
  const { data, response } = await sdk(world).chat.completions.create({ model: 'plain', messages: MESSAGES, temperature: 0.5 }).withResponse();
  assert.equal(data.choices[0].message.content, TEXT);
  assert.equal(data.choices[0].finish_reason, 'stop');
  assert.deepEqual(data.usage, USAGE);
  assert.equal(response.status, 200);
  assert.equal(world.upstream.last('plain').body.temperature, 0.5);
}, ALL);

through('a chat, streamed, with its usage', async (world) => {
  const request = { model: 'plain', messages: MESSAGES, stream: /** @type {const} */ (true), stream_options: { include_usage: true } };
  const chunks = await all(await sdk(world).chat.completions.create(request));
  assert.equal(chunks.map((chunk) => chunk.choices[0]?.delta.content ?? '').join(''), TEXT);
  assert.deepEqual(chunks.map((chunk) => chunk.choices[0]?.finish_reason).filter(Boolean), ['stop']);
  assert.deepEqual(chunks.at(-1)?.usage, USAGE);
}, ALL);

through('a stream without usage has none', async (world) => {
  const chunks = await all(await sdk(world).chat.completions.create({ model: 'plain', messages: MESSAGES, stream: true }));
  assert.equal(chunks.map((chunk) => chunk.choices[0].delta.content ?? '').join(''), TEXT);
  assert.ok(chunks.every((chunk) => !chunk.usage));
}, ALL);

through('what streams arrives as it is sent', async (world) => {
  await arrivesAsSent(world.upstream, words(await sdk(world).chat.completions.create({ model: 'gated', messages: MESSAGES, stream: true })));
}, ALL);

through('thoughts arrive, streamed and not', async (world) => {
  const whole = await sdk(world).chat.completions.create({ model: 'reasoning', messages: MESSAGES });
  assert.equal(/** @type {any} */ (whole.choices[0].message).reasoning_content, THOUGHT);
  const chunks = await all(await sdk(world).chat.completions.create({ model: 'reasoning', messages: MESSAGES, stream: true }));
  assert.equal(chunks.map((chunk) => /** @type {any} */ (chunk.choices[0].delta).reasoning_content ?? '').join(''), THOUGHT);
}, ALL);

through('a tool call, not streamed', async (world) => {
  const answer = await sdk(world).chat.completions.create({ model: 'tools', messages: MESSAGES, tools: [WEATHER_TOOL] });
  assert.equal(answer.choices[0].finish_reason, 'tool_calls');
  const [call] = answer.choices[0].message.tool_calls ?? [];
  assert.ok(call.type === 'function');
  assert.deepEqual([call.id, call.function.name, JSON.parse(call.function.arguments)], [WEATHER.id, WEATHER.name, WEATHER_ARGUMENTS]);
});

through('tool calls in parallel, streamed and put together by the SDK', async (world) => {
  const stream = sdk(world).chat.completions.stream({ model: 'parallel', messages: MESSAGES, tools: [WEATHER_TOOL] });
  const { choices: [{ message }] } = await stream.finalChatCompletion();
  const calls = message.tool_calls?.map((call) => ({ id: call.id, name: call.function.name, arguments: call.function.arguments }));
  assert.deepEqual(calls, [WEATHER, WEATHER_TOO]);
}, ALL);

through('the whole way of a tool call, run by the SDK', async (world) => {
  /** @type {unknown[]} */
  const given = [];
  const tool = { type: /** @type {const} */ ('function'), function: {
    ...WEATHER_TOOL.function, parse: JSON.parse,
    function: (/** @type {unknown} */ value) => { given.push(value); return '21 degrees'; },
  } };
  const runner = sdk(world).chat.completions.runTools({ model: 'tools', messages: MESSAGES, stream: true, tools: [tool] });
  assert.equal(await runner.finalContent(), AFTER_TOOLS);
  assert.deepEqual(given, [WEATHER_ARGUMENTS]);
  assert.equal(world.upstream.last('tools').body.messages.at(-1).content, '21 degrees');
});

through('structured output, parsed by the SDK, streamed and not', async (world) => {
  const request = { model: 'schema', messages: MESSAGES, response_format: zodResponseFormat(Weather, 'weather') };
  const whole = await sdk(world).chat.completions.parse(request);
  assert.deepEqual(whole.choices[0].message.parsed, SCHEMA_VALUE);
  const streamed = await sdk(world).chat.completions.stream(request).finalChatCompletion();
  assert.deepEqual(streamed.choices[0].message.parsed, SCHEMA_VALUE);
}, ALL);

through('completions, streamed and not', async (world) => {
  const whole = await sdk(world).completions.create({ model: 'plain', prompt: 'Once' });
  assert.equal(whole.choices[0].text, TEXT);
  const parts = await all(await sdk(world).completions.create({ model: 'plain', prompt: 'Once', stream: true }));
  assert.equal(parts.map((part) => part.choices[0].text).join(''), TEXT);
}, ALL);

through('embeddings, as numbers and as the base64 that the SDK asks for', async (world) => {
  for (const more of [{}, { encoding_format: /** @type {const} */ ('float') }]) {
    const answer = await sdk(world).embeddings.create({ model: 'plain', input: ['one', 'two'], ...more });
    assert.deepEqual(answer.data.map((one) => [...one.embedding]), [vectorOf(0), vectorOf(1)]);
  }
  assert.equal(world.upstream.seen[0].body.encoding_format, 'base64');
}, ALL);

through('the list of models, and one of them', async (world) => {
  const found = await all(sdk(world).models.list());
  for (const name of NAMES) assert.ok(found.some((model) => model.id === name), name);
  assert.equal((await sdk(world).models.retrieve('plain')).id, 'plain');
}, ALL);

through('whoever leaves a stream, or does not wait for its begin, ends the request upstream', async (world) => {
  const client = sdk(world);
  await leavingEndsUpstream(world.upstream, 'endless', async () => {
    const stream = await client.chat.completions.create({ model: 'endless', messages: MESSAGES, stream: true });
    await stream[Symbol.asyncIterator]().next();
    return () => stream.controller.abort();
  });
  for (const stream of [true, false]) {
    await leavingEndsUpstream(world.upstream, 'silent', async () => {
      const before = world.upstream.seen.length;
      const controller = new AbortController();
      const answer = client.chat.completions.create({ model: 'silent', messages: MESSAGES, stream }, { signal: controller.signal });
      const ended = assert.rejects(Promise.resolve(answer), OpenAI.APIUserAbortError);
      while (world.upstream.seen.length === before) await new Promise((done) => { setTimeout(done, 5); });
      return () => { controller.abort(); return ended; };
    });
  }
}, ALL);
