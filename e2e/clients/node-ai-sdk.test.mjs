// The AI SDK of Vercel with its provider for OpenAI-compatible servers, which checks every answer against strict schemas.
import { createOpenAICompatible } from '@ai-sdk/openai-compatible';
import { APICallError, embedMany, generateText, jsonSchema, Output, stepCountIs, streamText, tool } from 'ai';
import assert from 'node:assert/strict';
import { leavingEndsUpstream } from './lib/abort.mjs';
import { AFTER_TOOLS, SCHEMA_VALUE, TEXT, WEATHER_ARGUMENTS, WEATHER_PARAMETERS, WEATHER_SCHEMA, all, arrivesAsSent } from './lib/ask.mjs';
import { vectorOf } from './lib/chat.mjs';
import { THOUGHT } from './lib/scripts.mjs';
import { through } from './lib/through.mjs';

const ALL = { via: ['router', 'qwen', 'chain'] };

/** @param {{url: string, key: string}} world */
const provider = ({ url, key }) => createOpenAICompatible({
  name: 'signalbox', baseURL: url, apiKey: key, includeUsage: true, supportsStructuredOutputs: true,
});

/** @param {{url: string, key: string}} world @param {string} model */
const asking = (world, model) => ({ model: provider(world)(model), prompt: 'Hello', maxRetries: 0 });

/** The errors of a stream: parts of it, or what reading it throws. @param {{url: string, key: string}} world @param {string} model @returns {Promise<any[]>} */
async function errorsOf(world, model) {
  try {
    const parts = await all(streamText({ ...asking(world, model), onError: () => {} }).fullStream);
    return parts.flatMap((part) => (part.type === 'error' ? [part.error] : []));
  } catch (error) {
    return [error];
  }
}

/** @type {unknown[]} */
const given = [];
const tools = { get_weather: tool({
  description: 'The weather in a city',
  inputSchema: jsonSchema(/** @type {any} */ (WEATHER_PARAMETERS)),
  execute: async (input) => { given.push(input); return '21 degrees'; },
}) };

through('a text, not streamed', async (world) => {
  const { text, usage, finishReason } = await generateText(asking(world, 'plain'));
  assert.deepEqual([text, finishReason], [TEXT, 'stop']);
  assert.deepEqual([usage.inputTokens, usage.outputTokens, usage.totalTokens], [11, 7, 18]);
}, ALL);

through('a text, streamed, with its usage', async (world) => {
  const answer = streamText(asking(world, 'plain'));
  assert.equal((await all(answer.textStream)).join(''), TEXT);
  const usage = await answer.usage;
  assert.deepEqual([usage.inputTokens, usage.outputTokens], [11, 7]);
}, ALL);

through('what streams arrives as it is sent', async (world) => {
  await arrivesAsSent(world.upstream, streamText(asking(world, 'gated')).textStream);
}, ALL);

through('thoughts arrive, streamed and not', async (world) => {
  assert.equal((await generateText(asking(world, 'reasoning'))).reasoningText, THOUGHT);
  assert.equal(await streamText(asking(world, 'reasoning')).reasoningText, THOUGHT);
}, ALL);

through('the whole way of a tool call, streamed and not', async (world) => {
  for (const script of ['tools', 'parallel']) {
    given.length = 0;
    const request = { ...asking(world, script), tools, stopWhen: stepCountIs(3) };
    assert.equal((await generateText(request)).text, AFTER_TOOLS);
    assert.equal((await all(streamText(request).textStream)).join(''), AFTER_TOOLS);
    assert.deepEqual(given.filter((_one, i) => i % (given.length / 2) === 0), [WEATHER_ARGUMENTS, WEATHER_ARGUMENTS]);
  }
}, ALL);

through('structured output, streamed and not', async (world) => {
  const request = { ...asking(world, 'schema'), output: Output.object({ schema: jsonSchema(/** @type {any} */ (WEATHER_SCHEMA)) }) };
  assert.deepEqual((await generateText(request)).output, SCHEMA_VALUE);
  assert.deepEqual((await all(streamText(request).partialOutputStream)).at(-1), SCHEMA_VALUE);
}, ALL);

through('embeddings', async (world) => {
  const { embeddings } = await embedMany({ model: provider(world).textEmbeddingModel('plain'), values: ['one', 'two'], maxRetries: 0 });
  assert.deepEqual(embeddings, [vectorOf(0), vectorOf(1)]);
});

through('whoever leaves a stream ends the request upstream', async (world) => {
  await leavingEndsUpstream(world.upstream, 'endless', async () => {
    const controller = new AbortController();
    const stream = streamText({ ...asking(world, 'endless'), abortSignal: controller.signal, onError: () => {} });
    const reader = stream.textStream[Symbol.asyncIterator]();
    await reader.next();
    return () => controller.abort();
  });
}, ALL);

through('a rate limit is raised with its status and Retry-After', async (world) => {
  const error = await generateText(asking(world, 'status-429')).then(() => assert.fail('no error'), (raised) => raised);
  assert.ok(APICallError.isInstance(error), String(error));
  assert.deepEqual([error.statusCode, error.isRetryable, error.responseHeaders?.['retry-after']], [429, true, '97']);
  const [failed] = await errorsOf(world, 'status-429');
  assert.ok(APICallError.isInstance(failed), String(failed));
  assert.equal(failed.statusCode, 429);
}, ALL);

through('a stream that is cut, or fails in the middle, is never taken for a whole one', async (world) => {
  for (const model of ['cut', 'cut-in-event', 'error-in-stream']) {
    assert.equal((await errorsOf(world, model)).length, 1, model);
  }
}, ALL);
