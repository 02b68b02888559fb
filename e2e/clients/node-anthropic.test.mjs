// Anthropic's SDK for Node.js, against `/v1/messages` in front of a provider that speaks OpenAI's protocol alone.
import Anthropic from '@anthropic-ai/sdk';
import assert from 'node:assert/strict';
import { leavingEndsUpstream } from './lib/abort.mjs';
import { AFTER_TOOLS, MESSAGES, TEXT, WEATHER_ARGUMENTS, WEATHER_PARAMETERS, all, arrivesAsSent } from './lib/ask.mjs';
import { FAILING, THOUGHT, WEATHER, WEATHER_TOO, messageOf } from './lib/scripts.mjs';
import { through } from './lib/through.mjs';

const ALL = { via: ['router', 'chain'] };
const TOOL = { name: 'get_weather', description: 'The weather in a city', input_schema: { ...WEATHER_PARAMETERS, type: /** @type {const} */ ('object') } };

/** @param {{root: string, key: string}} world @param {object} [more] */
const sdk = ({ root, key }, more = {}) => new Anthropic({ baseURL: root, apiKey: key, maxRetries: 0, ...more });

/** @param {string} model */
const request = (model) => ({ model, max_tokens: 100, system: 'Be short.', messages: MESSAGES });

/** @param {Anthropic.Message} message */
const textOf = (message) => message.content.map((block) => (block.type === 'text' ? block.text : '')).join('');

/** @param {Anthropic} client @param {string} model @param {boolean} stream @returns {Promise<any>} */
async function raised(client, model, stream) {
  const asking = async () => (stream ? client.messages.stream(request(model)).finalMessage() : client.messages.create(request(model)));
  return asking().then((answer) => assert.fail(`no error for ${model}: ${JSON.stringify(answer)}`), (error) => error);
}

through('a message, not streamed', async (world) => {
  const message = await sdk(world).messages.create(request('plain'));
  assert.equal(textOf(message), TEXT);
  assert.deepEqual([message.type, message.role, message.stop_reason], ['message', 'assistant', 'end_turn']);
  assert.deepEqual([message.usage.input_tokens + (message.usage.cache_read_input_tokens ?? 0), message.usage.output_tokens], [11, 7]);
  const [system, user] = world.upstream.last('plain').body.messages;
  assert.equal(system.role, 'system');
  assert.deepEqual([user.role, JSON.stringify(user.content).includes(MESSAGES[0].content)], ['user', true]);
}, ALL);

through('a message, streamed', async (world) => {
  const events = await all(await sdk(world).messages.create({ ...request('plain'), stream: true }));
  assert.equal(events[0].type, 'message_start');
  assert.equal(events.at(-1)?.type, 'message_stop');
  const whole = await sdk(world).messages.stream(request('plain')).finalMessage();
  assert.equal(textOf(whole), TEXT);
  assert.equal(whole.stop_reason, 'end_turn');
  assert.equal(whole.usage.output_tokens, 7);
}, ALL);

through('what streams arrives as it is sent', async (world) => {
  const stream = await sdk(world).messages.create({ ...request('gated'), stream: true });
  await arrivesAsSent(world.upstream, (async function* words() {
    for await (const event of stream) if (event.type === 'content_block_delta' && event.delta.type === 'text_delta') yield event.delta.text;
  })());
}, ALL);

through('thoughts arrive as thinking blocks, streamed and not', async (world) => {
  for (const message of [await sdk(world).messages.create(request('reasoning')), await sdk(world).messages.stream(request('reasoning')).finalMessage()]) {
    const [thinking] = message.content;
    assert.ok(thinking.type === 'thinking', JSON.stringify(message.content));
    assert.equal(thinking.thinking, THOUGHT);
    assert.equal(textOf(message), TEXT);
  }
});

through('a tool call and its result, streamed and not', async (world) => {
  const client = sdk(world);
  const asked = { ...request('tools'), tools: [TOOL] };
  for (const ask of [() => client.messages.create(asked), () => client.messages.stream(asked).finalMessage()]) {
    const message = await ask();
    assert.equal(message.stop_reason, 'tool_use');
    const call = message.content.find((block) => block.type === 'tool_use');
    assert.ok(call?.type === 'tool_use');
    assert.deepEqual([call.id, call.name, call.input], [WEATHER.id, WEATHER.name, WEATHER_ARGUMENTS]);
    const result = { type: /** @type {const} */ ('tool_result'), tool_use_id: call.id, content: '21 degrees' };
    const messages = [...MESSAGES, { role: /** @type {const} */ ('assistant'), content: message.content }, { role: /** @type {const} */ ('user'), content: [result] }];
    assert.equal(textOf(await client.messages.create({ ...asked, messages })), AFTER_TOOLS);
    const sent = world.upstream.last('tools').body.messages.at(-1);
    assert.deepEqual([sent.role, sent.tool_call_id, JSON.stringify(sent.content).includes('21 degrees')], ['tool', WEATHER.id, true]);
  }
}, ALL);

through('tool calls in parallel, streamed', async (world) => {
  const message = await sdk(world).messages.stream({ ...request('parallel'), tools: [TOOL] }).finalMessage();
  const calls = message.content.flatMap((block) => (block.type === 'tool_use' ? [[block.id, block.name, block.input]] : []));
  assert.deepEqual(calls, [WEATHER, WEATHER_TOO].map((call) => [call.id, call.name, JSON.parse(call.arguments)]));
});

through('tokens are counted', async (world) => {
  const count = await sdk(world).messages.countTokens({ model: 'plain', messages: MESSAGES });
  assert.ok(count.input_tokens > 0, JSON.stringify(count));
});

through('every answer and every error has an id', async (world) => {
  const message = await sdk(world).messages.create(request('plain'));
  assert.match(String(message._request_id), /^req_/);
  const error = await raised(sdk(world), 'status-429', false);
  assert.match(error.requestID, /^req_/);
  assert.equal(error.error.request_id, error.requestID);
}, ALL);

through('the models there are', async (world) => {
  const models = await all(await sdk(world).models.list());
  assert.deepEqual(await all(await sdk(world).models.list({ limit: 1 })), models, 'page by page');
  const plain = models.find((model) => model.id === 'plain');
  assert.deepEqual([plain?.type, plain?.display_name], ['model', 'plain'], JSON.stringify(models));
  assert.ok(!Number.isNaN(Date.parse(String(plain?.created_at))));
  assert.equal((await sdk(world).models.retrieve('plain')).type, 'model');
}, ALL);

through('whoever leaves a stream, or does not wait for its begin, ends the request upstream', async (world) => {
  await leavingEndsUpstream(world.upstream, 'endless', async () => {
    const stream = await sdk(world).messages.create({ ...request('endless'), stream: true });
    await stream[Symbol.asyncIterator]().next();
    return () => stream.controller.abort();
  });
  await leavingEndsUpstream(world.upstream, 'silent', async () => {
    const before = world.upstream.seen.length;
    const controller = new AbortController();
    const ended = assert.rejects(sdk(world).messages.create(request('silent'), { signal: controller.signal }), Anthropic.APIUserAbortError);
    while (world.upstream.seen.length === before) await new Promise((done) => { setTimeout(done, 5); });
    return () => { controller.abort(); return ended; };
  });
}, ALL);

through('a stream that is cut, or fails in the middle, is never taken for a whole one', async (world) => {
  for (const model of ['cut', 'cut-in-event', 'error-in-stream']) {
    const error = await raised(sdk(world), model, true);
    assert.ok(error instanceof Anthropic.AnthropicError || error instanceof TypeError, `${model}: ${error}`);
  }
}, ALL);

/** @type {Record<number, typeof Anthropic.APIError>} */
const CLASSES = {
  400: Anthropic.BadRequestError, 401: Anthropic.AuthenticationError, 403: Anthropic.PermissionDeniedError,
  404: Anthropic.NotFoundError, 409: Anthropic.ConflictError, 422: Anthropic.UnprocessableEntityError,
  429: Anthropic.RateLimitError, 500: Anthropic.InternalServerError, 503: Anthropic.InternalServerError,
};

through("a provider's errors are Anthropic's classes, in Anthropic's envelope", async (world) => {
  for (const status of FAILING) {
    for (const stream of [false, true]) {
      const error = await raised(sdk(world), `status-${status}`, stream);
      assert.ok(error instanceof CLASSES[status], `${status}: ${error.constructor.name} ${error.message}`);
      assert.ok(error.message.includes(messageOf(status)), error.message);
      assert.equal(error.error.type, 'error');
      assert.equal(typeof error.error.error.type, 'string');
      if (status === 429) assert.equal(error.headers.get('retry-after'), '97');
    }
  }
});

through('a provider that answers with a web page', async (world) => {
  const error = await raised(sdk(world), 'html', false);
  assert.ok(error instanceof Anthropic.InternalServerError, error.message);
});
