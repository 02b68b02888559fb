// LangChain for JavaScript, whose chat model for OpenAI is pointed at the router.
import { ChatOpenAI, OpenAIEmbeddings } from '@langchain/openai';
import assert from 'node:assert/strict';
import { leavingEndsUpstream } from './lib/abort.mjs';
import { SCHEMA_VALUE, TEXT, WEATHER_ARGUMENTS, WEATHER_SCHEMA, WEATHER_TOOL, all, arrivesAsSent } from './lib/ask.mjs';
import { vectorOf } from './lib/chat.mjs';
import { through } from './lib/through.mjs';

const ALL = { via: ['router', 'chain'] };

/** @param {{url: string, key: string}} world @param {string} model */
const chat = ({ url, key }, model) => new ChatOpenAI({ model, apiKey: key, maxRetries: 0, configuration: { baseURL: url } });

/** @param {AsyncIterable<{content: unknown}>} chunks */
async function* words(chunks) {
  for await (const chunk of chunks) yield String(chunk.content);
}

through('a chat, streamed and not', async (world) => {
  const whole = await chat(world, 'plain').invoke('Hello');
  assert.equal(whole.content, TEXT);
  assert.deepEqual([whole.usage_metadata?.input_tokens, whole.usage_metadata?.output_tokens], [11, 7]);
  const chunks = await all(await chat(world, 'plain').stream('Hello'));
  assert.equal(chunks.map((chunk) => chunk.content).join(''), TEXT);
  assert.equal(chunks.map((chunk) => chunk.usage_metadata?.output_tokens ?? 0).reduce((a, b) => a + b, 0), 7);
}, ALL);

through('what streams arrives as it is sent', async (world) => {
  await arrivesAsSent(world.upstream, words(await chat(world, 'gated').stream('Hello')));
}, ALL);

through('a tool call, streamed and not', async (world) => {
  const bound = chat(world, 'tools').bindTools([WEATHER_TOOL]);
  const whole = await bound.invoke('The weather?');
  assert.deepEqual(whole.tool_calls?.map((call) => [call.name, call.args]), [['get_weather', WEATHER_ARGUMENTS]]);
  const [first, ...rest] = await all(await bound.stream('The weather?'));
  const joined = rest.reduce((sum, chunk) => sum.concat(chunk), first);
  assert.deepEqual(joined.tool_calls?.map((call) => [call.name, call.args]), [['get_weather', WEATHER_ARGUMENTS]]);
}, ALL);

through('structured output', async (world) => {
  const structured = chat(world, 'schema').withStructuredOutput(WEATHER_SCHEMA, { method: 'jsonSchema', name: 'weather', strict: true });
  assert.deepEqual(await structured.invoke('The weather?'), SCHEMA_VALUE);
}, ALL);

through('embeddings', async (world) => {
  const embeddings = new OpenAIEmbeddings({ model: 'plain', apiKey: world.key, maxRetries: 0, configuration: { baseURL: world.url } });
  assert.deepEqual(await embeddings.embedDocuments(['one', 'two']), [vectorOf(0), vectorOf(1)]);
});

through('whoever leaves a stream ends the request upstream', async (world) => {
  await leavingEndsUpstream(world.upstream, 'endless', async () => {
    const controller = new AbortController();
    const stream = await chat(world, 'endless').stream('Hello', { signal: controller.signal });
    await stream.next();
    return () => controller.abort();
  });
}, ALL);

through('a rate limit, and a stream that is cut or fails in the middle, are raised', async (world) => {
  await assert.rejects(chat(world, 'status-429').invoke('Hello'), (/** @type {any} */ error) => error.status === 429);
  for (const model of ['cut', 'cut-in-event', 'error-in-stream']) {
    await assert.rejects(async () => all(await chat(world, model).stream('Hello')), model);
  }
}, ALL);
