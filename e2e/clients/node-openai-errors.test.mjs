// What OpenAI's SDK for Node.js raises when something is wrong: the class by which programs tell faults apart.
import assert from 'node:assert/strict';
import OpenAI from 'openai';
import { MESSAGES, TEXT, all } from './lib/ask.mjs';
import { RETRY_AFTER_S, messageOf } from './lib/scripts.mjs';
import { through } from './lib/through.mjs';

const ALL = { via: ['router', 'qwen', 'chain'] };

/** @param {{url: string, key: string}} world @param {object} [more] */
const sdk = ({ url, key }, more = {}) => new OpenAI({ baseURL: url, apiKey: key, maxRetries: 0, ...more });

/** The error of a request, streamed or not. @param {OpenAI} client @param {string} model @param {boolean} stream */
async function raised(client, model, stream) {
  const asking = async () => {
    const answer = await client.chat.completions.create({ model, messages: MESSAGES, stream });
    return 'controller' in answer ? all(answer) : answer;
  };
  return asking().then((answer) => assert.fail(`no error for ${model}: ${JSON.stringify(answer)}`), (error) => error);
}

/** @type {Array<[number, typeof OpenAI.APIError]>} */
const CLASSES = [
  [400, OpenAI.BadRequestError], [401, OpenAI.AuthenticationError], [403, OpenAI.PermissionDeniedError],
  [404, OpenAI.NotFoundError], [409, OpenAI.ConflictError], [422, OpenAI.UnprocessableEntityError],
  [429, OpenAI.RateLimitError], [500, OpenAI.InternalServerError], [503, OpenAI.InternalServerError],
];

for (const [status, Class] of CLASSES) {
  through(`HTTP ${status} is raised as ${Class.name}, with what the provider said`, async (world) => {
    for (const stream of [false, true]) {
      const error = await raised(sdk(world), `status-${status}`, stream);
      if (world.upstream.asked(`status-${status}`).length === 1 && stream) {
        // The Qwen proxy asks only once with a key that was rejected, or for a model that is not to be asked for now.
        assert.ok(error instanceof OpenAI.AuthenticationError || error instanceof OpenAI.RateLimitError, error.message);
        break;
      }
      assert.ok(error instanceof Class, `${error.constructor.name}: ${error.message}`);
      assert.equal(error.status, status);
      for (const member of ['message', 'type', 'param', 'code']) assert.ok(member in error.error, member);
      assert.ok(error.message.includes(messageOf(status)), error.message);
      assert.equal(error.requestID, `req_${status}`);
    }
  }, ALL);
}

through('Retry-After and the rate limit headers reach the client', async (world) => {
  for (const status of [429, 503]) {
    const error = await raised(sdk(world), `status-${status}`, false);
    assert.equal(error.headers.get('retry-after'), String(RETRY_AFTER_S));
    assert.equal(error.headers.get('x-ratelimit-remaining-requests'), '0');
  }
}, ALL);

through('a provider that is busy for a moment is asked again by the router', async (world) => {
  const answer = await sdk(world).chat.completions.create({ model: 'busy-once', messages: MESSAGES });
  assert.equal(answer.choices[0].message.content, TEXT);
  assert.equal(world.upstream.asked('busy-once').length, 2);
});

through('a stream that is cut is never taken for a whole one', async (world) => {
  for (const model of ['cut', 'cut-in-event']) {
    const error = await raised(sdk(world), model, true);
    assert.ok(error instanceof Error, model);
  }
}, ALL);

through('the SDK says why a stream was cut', async (world) => {
  for (const model of ['cut', 'cut-in-event']) {
    const error = await raised(sdk(world), model, true);
    assert.ok(error instanceof OpenAI.APIError, `${error.constructor.name}: ${error.message}`);
    assert.equal(error.code, 'upstream_cut', model);
  }
});

through('an answer that is cut is an error', async (world) => {
  const error = await raised(sdk(world), 'half-json', false);
  assert.ok(error instanceof Error);
}, ALL);

through("a provider's error in mid-stream is raised with its words", async (world) => {
  const error = await raised(sdk(world), 'error-in-stream', true);
  assert.ok(error instanceof OpenAI.APIError, error.message);
  assert.match(error.message, /caught fire/);
  assert.equal(error.code, 'engine_fire');
}, ALL);

through('a provider that answers with a web page, or with nothing, is named', async (world) => {
  for (const model of ['html', 'html-500', 'empty']) {
    const error = await raised(sdk(world), model, false);
    assert.ok(error instanceof OpenAI.InternalServerError, `${model}: ${error.message}`);
    assert.equal(error.status, 502, model);
    assert.match(error.message, /upstream|dashscope|qwen|127\.0\.0\.1/i);
  }
}, ALL);

through("the SDK's own timeout ends the request upstream", async (world) => {
  const error = await raised(sdk(world, { timeout: 300 }), 'silent', false);
  assert.ok(error instanceof OpenAI.APIConnectionTimeoutError, error.message);
});

through('a provider that is down', async (world) => {
  world.upstream.close();
  const error = await raised(sdk(world), 'plain', false);
  assert.ok(error instanceof OpenAI.InternalServerError, error.message);
  assert.equal(error.status, 502);
}, ALL);

through('a router that is down is a connection error', async (world) => {
  const nobody = sdk({ ...world, url: 'http://127.0.0.1:9/v1' });
  assert.ok(await raised(nobody, 'plain', false) instanceof OpenAI.APIConnectionError);
});
