// The scripts, by the name of the model that asks for them.
import { answered, body, chunk, completion, end, pieces } from './chat.mjs';
import { CUT, GATE, HANG, SILENCE, event, failure, json, pause, stream, write } from './plan.mjs';

/**
 * @typedef {import('./plan.mjs').Plan} Plan
 * @typedef {{body: any, nth: number}} Asked `nth` counts the requests for this script, from 1
 * @typedef {(asked: Asked) => Plan} Script
 */

export const TEXT = 'Hello from far away: grüße, 你好, 👩‍🚀.';
export const THOUGHT = 'Let me think about it.';
export const SCHEMA_TEXT = '{"city":"Paris","degrees":21}';
export const AFTER_TOOLS = 'It is 21 degrees in Paris.';
export const WEATHER = { id: 'call_weather_1', name: 'get_weather', arguments: '{"city":"Paris","unit":"celsius"}' };
export const WEATHER_TOO = { id: 'call_weather_2', name: 'get_weather', arguments: '{"city":"Rome","unit":"celsius"}' };
/** So long that nobody waits for it, neither a router nor an SDK. */
export const RETRY_AFTER_S = 97;

/** @type {Record<number, [message: string, type: string, code: string | null]>} */
const FAILURES = {
  400: ['This model does not take that.', 'invalid_request_error', 'unsupported_value'],
  401: ['Incorrect API key provided.', 'invalid_request_error', 'invalid_api_key'],
  403: ['Your country is not supported.', 'request_forbidden', 'unsupported_country_region_territory'],
  404: ['The model does not exist.', 'invalid_request_error', 'model_not_found'],
  409: ['Somebody else is at it.', 'conflict_error', null],
  422: ['That cannot be processed.', 'invalid_request_error', null],
  429: ['Rate limit reached, slow down.', 'rate_limit_error', 'rate_limit_exceeded'],
  500: ['The server had an error.', 'server_error', null],
  503: ['The engine is overloaded.', 'server_error', 'overloaded'],
};
export const FAILING = Object.keys(FAILURES).map(Number);

/** What the upstream says about this status. @param {number} status */
export const messageOf = (status) => FAILURES[status][0];

/** @param {number} status @returns {Plan} */
function failing(status) {
  const headers = status === 429 || status === 503 ? { 'retry-after': String(RETRY_AFTER_S), 'x-ratelimit-remaining-requests': '0' } : {};
  return failure(status, ...FAILURES[status], { 'x-request-id': `req_${status}`, ...headers });
}

/** @param {any} request */
const afterTools = (request) => request.messages?.at(-1)?.role === 'tool';

/** Tool calls at first, words once the results are there. @param {import('./chat.mjs').ToolCall[]} calls @returns {Script} */
const calling = (...calls) => ({ body: request }) => {
  if (afterTools(request)) return answered(request, { pieces: pieces(AFTER_TOOLS) });
  if (!request.tools?.length) return failure(400, 'This script needs tools.', 'invalid_request_error', null);
  return answered(request, { calls });
};

/** A stream that says a word and then takes these steps. @param {Iterable<import('./plan.mjs').Step>} steps @returns {Script} */
const begunThen = (steps) => ({ body: request }) => stream([...body(request.model, { pieces: ['Half '] }), ...steps]);

/** @param {string} model */
function* endlessly(model) {
  yield chunk(model, { role: 'assistant', content: '' });
  for (;;) {
    yield chunk(model, { content: 'on and ' });
    yield pause(20);
  }
}

/** Whole as JSON, but the connection is cut in the middle. @param {any} request @returns {Plan} */
function halfJson(request) {
  const whole = completion(request.model, { pieces: [TEXT] });
  if ('silent' in whole) return whole;
  const [step] = whole.steps;
  const text = 'write' in step ? String(step.write) : '';
  return { ...whole, headers: { ...whole.headers, 'content-length': String(Buffer.byteLength(text)) }, steps: [write(text.slice(0, 60)), pause(10), CUT] };
}

const HTML = { status: 200, headers: { 'content-type': 'text/html' }, steps: [write('<html><body>Please log in</body></html>')] };

/** @type {Record<string, Script>} */
const SCRIPTS = {
  plain: ({ body: request }) => answered(request, { pieces: pieces(TEXT) }),
  tools: calling(WEATHER),
  parallel: calling(WEATHER, WEATHER_TOO),
  reasoning: ({ body: request }) => answered(request, { reasoning: pieces(THOUGHT), pieces: pieces(TEXT) }),
  schema: ({ body: request }) => (request.response_format?.type === 'json_schema'
    ? answered(request, { pieces: pieces(SCHEMA_TEXT) })
    : failure(400, `This script needs a json_schema, not ${JSON.stringify(request.response_format)}.`, 'invalid_request_error', null)),
  // The first word comes at once, the rest when the test has seen it.
  gated: ({ body: request }) => stream([chunk(request.model, { role: 'assistant', content: 'First ' }), GATE, chunk(request.model, { content: 'last.' }), ...end(request)]),
  endless: ({ body: request }) => stream(endlessly(request.model)),
  silent: () => SILENCE,
  stalled: begunThen([HANG]),
  cut: begunThen([pause(10), CUT]),
  'cut-in-event': begunThen([write('data: {"id":"chatcmpl-scr'), pause(10), CUT]),
  'half-json': ({ body: request }) => halfJson(request),
  'error-in-stream': begunThen([event({ error: { message: 'The engine caught fire.', type: 'server_error', param: null, code: 'engine_fire' } })]),
  'no-done': ({ body: request }) => stream([...body(request.model, { pieces: pieces(TEXT) }), chunk(request.model, {}, 'stop')]),
  html: () => HTML,
  'html-500': () => ({ ...HTML, status: 500 }),
  empty: () => ({ status: 200, headers: { 'content-type': 'application/json' }, steps: [] }),
  // Busy for one request, and says that the next may come at once.
  'busy-once': ({ body: request, nth }) => (nth === 1
    ? failure(429, 'Busy for a moment.', 'rate_limit_error', 'rate_limit_exceeded', { 'retry-after': '0' })
    : answered(request, { pieces: pieces(TEXT) })),
  ...Object.fromEntries(FAILING.map((status) => [`status-${status}`, () => failing(status)])),
};

export const NAMES = Object.keys(SCRIPTS);

/** A test may bring scripts of its own. @param {string} model @param {Record<string, Script>} more @returns {Script} */
export function scriptOf(model, more) {
  const script = more[model] ?? SCRIPTS[model];
  return script ?? (() => json(404, { error: { message: `There is no script ${model}.`, type: 'invalid_request_error', param: 'model', code: 'model_not_found' } }));
}
