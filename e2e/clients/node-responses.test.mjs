// OpenAI's SDK for Node.js, against `/v1/responses`: of a provider that has it, and of one that only has chat.
import assert from 'node:assert/strict';
import OpenAI from 'openai';
import { leavingEndsUpstream } from './lib/abort.mjs';
import { AFTER_TOOLS, SCHEMA_VALUE, TEXT, WEATHER_ARGUMENTS, WEATHER_PARAMETERS, WEATHER_SCHEMA, all, arrivesAsSent } from './lib/ask.mjs';
import { THOUGHT, WEATHER } from './lib/scripts.mjs';
import { through } from './lib/through.mjs';

const TOOL = /** @type {const} */ ({ type: 'function', name: 'get_weather', description: 'The weather in a city', parameters: WEATHER_PARAMETERS, strict: true });

/** @param {{url: string, key: string}} world */
const sdk = ({ url, key }) => new OpenAI({ baseURL: url, apiKey: key, maxRetries: 0 });

for (const has of [true, false]) {
  const of = has ? 'that has /v1/responses' : 'that has chat alone';
  const options = { upstream: { responses: has } };

  through(`an answer of a provider ${of}`, async (world) => {
    const answer = await sdk(world).responses.create({ model: 'plain', input: 'Hello', instructions: 'Be short.' });
    assert.equal(answer.status, 'completed');
    assert.equal(answer.output_text, TEXT);
    assert.deepEqual([answer.usage?.input_tokens, answer.usage?.output_tokens], [11, 7]);
  }, options);

  through(`a streamed answer of a provider ${of}`, async (world) => {
    const events = await all(await sdk(world).responses.create({ model: 'plain', input: 'Hello', stream: true }));
    const deltas = events.map((event) => (event.type === 'response.output_text.delta' ? event.delta : ''));
    assert.equal(deltas.join(''), TEXT);
    assert.equal(events[0].type, 'response.created');
    assert.deepEqual(events.map((event) => event.sequence_number), events.map((_event, i) => i));
    const last = events.at(-1);
    assert.ok(last?.type === 'response.completed');
    assert.equal(last.response.usage?.total_tokens, 18);
    const whole = await sdk(world).responses.stream({ model: 'plain', input: 'Hello' }).finalResponse();
    assert.equal(whole.output_text, TEXT);
  }, options);

  through(`a tool call and its result with a provider ${of}`, async (world) => {
    const first = await sdk(world).responses.stream({ model: 'tools', input: 'The weather?', tools: [TOOL] }).finalResponse();
    const call = first.output.find((item) => item.type === 'function_call');
    assert.ok(call?.type === 'function_call', JSON.stringify(first.output));
    assert.deepEqual([call.call_id, call.name, JSON.parse(call.arguments)], [WEATHER.id, WEATHER.name, WEATHER_ARGUMENTS]);
    const second = await sdk(world).responses.create({
      model: 'tools', tools: [TOOL],
      input: [
        { role: 'user', content: 'The weather?' },
        { type: 'function_call', call_id: call.call_id, name: call.name, arguments: call.arguments },
        { type: 'function_call_output', call_id: call.call_id, output: '21 degrees' },
      ],
    });
    assert.equal(second.output_text, AFTER_TOOLS);
  }, options);

  through(`structured output of a provider ${of}`, async (world) => {
    const format = { type: /** @type {const} */ ('json_schema'), name: 'weather', schema: WEATHER_SCHEMA, strict: true };
    const answer = await sdk(world).responses.parse({ model: 'schema', input: 'The weather?', text: { format } });
    assert.deepEqual(answer.output_parsed, SCHEMA_VALUE);
  }, options);

  through(`a stream that is cut, of a provider ${of}`, async (world) => {
    const asking = async () => all(await sdk(world).responses.create({ model: 'cut', input: 'Hello', stream: true }));
    const events = await asking().catch((error) => error);
    const visible = events instanceof Error || events.some((event) => event.type === 'response.failed' || event.type === 'error');
    assert.ok(visible, 'the cut can be seen');
    assert.ok(events instanceof Error || !events.some((event) => event.type === 'response.completed'));
  }, options);

  through(`errors of a provider ${of}`, async (world) => {
    /** @param {string} model */
    const raised = (model) => sdk(world).responses.create({ model, input: 'Hello' }).then(() => assert.fail(model), (error) => error);
    assert.ok(await raised('status-401') instanceof OpenAI.AuthenticationError);
    const limited = await raised('status-429');
    assert.ok(limited instanceof OpenAI.RateLimitError, String(limited));
    assert.equal(limited.headers.get('retry-after'), '97');
  }, options);
}

const CHAT_ALONE = { upstream: { responses: false } };

through('thoughts are their own summary for who asks for one, streamed and not', async (world) => {
  const asked = /** @type {const} */ ({ model: 'reasoning', input: 'Hello', reasoning: { summary: 'auto' } });
  const events = await all(await sdk(world).responses.create({ ...asked, stream: true }));
  const deltas = events.map((event) => (event.type === 'response.reasoning_summary_text.delta' ? event.delta : ''));
  assert.equal(deltas.join(''), THOUGHT);
  const [item] = (await sdk(world).responses.create(asked)).output;
  assert.ok(item.type === 'reasoning', JSON.stringify(item));
  assert.deepEqual(item.summary, [{ type: 'summary_text', text: THOUGHT }]);
}, CHAT_ALONE);

through('what a translated answer says of itself', async (world) => {
  const answer = await sdk(world).responses.create({ model: 'plain', input: 'Hello', tools: [TOOL] });
  assert.ok(Number(answer.completed_at) >= answer.created_at, `${answer.completed_at}`);
  assert.deepEqual(answer.tools, [TOOL]);
}, CHAT_ALONE);

through('a translated stream arrives as it is sent', async (world) => {
  const events = await sdk(world).responses.create({ model: 'gated', input: 'Hello', stream: true });
  await arrivesAsSent(world.upstream, (async function* words() {
    for await (const event of events) if (event.type === 'response.output_text.delta') yield event.delta;
  })());
}, CHAT_ALONE);

through('whoever leaves a translated stream ends the request upstream', async (world) => {
  await leavingEndsUpstream(world.upstream, 'endless', async () => {
    const stream = await sdk(world).responses.create({ model: 'endless', input: 'Hello', stream: true });
    await stream[Symbol.asyncIterator]().next();
    return () => stream.controller.abort();
  });
}, CHAT_ALONE);
