// A Model Studio as far as its clients can tell: keys, models that answer in a stream alone, and limits.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import http from 'node:http';

/** @typedef {{path: string, body: any, text: string, headers: http.IncomingHttpHeaders, key: string | undefined, status: number, at: number}} Seen */
/** @typedef {{perMinute?: number, perSecond?: number, growth?: number}} Limits how many requests, or more than in the second before */
/** @typedef {{status: number, code: string, message: string}} Refusal */

export class Studio {
  /** All calls, with how they were answered. @type {Seen[]} */
  seen = [];
  /** Keys that are none, or not any more. @type {Set<string>} */
  rejected = new Set();
  /** Whether the account pays. */
  pays = true;
  /** Models that refuse to answer in one piece while they think. @type {Set<string>} */
  thinkers = new Set();
  /** @type {Limits} */
  limits = {};
  /** When what was taken came. @type {number[]} */
  #taken = [];

  static async start() {
    const studio = new Studio();
    studio.server.listen(0, '127.0.0.1').unref();
    await once(studio.server, 'listening');
    return studio;
  }

  constructor() {
    this.server = http.createServer((request, response) => { void this.#serve(request, response); });
  }

  get url() {
    const address = this.server.address();
    assert.ok(address !== null && typeof address === 'object');
    return `http://127.0.0.1:${address.port}/compatible-mode/v1`;
  }

  /** How many calls were answered with this status. @param {number} status */
  count(status) {
    return this.seen.filter((one) => one.status === status).length;
  }

  close() {
    this.server.closeAllConnections();
    this.server.close();
  }

  /** @param {http.IncomingMessage} request @param {http.ServerResponse} response */
  async #serve(request, response) {
    let text = '';
    for await (const part of request.setEncoding('utf8')) text += part;
    const body = text === '' ? undefined : JSON.parse(text);
    const key = request.headers.authorization?.replace('Bearer ', '');
    const refusal = this.#refuse(key, body);
    this.seen.push({ path: request.url ?? '', body, text, headers: request.headers, key, status: refusal?.status ?? 200, at: Date.now() });
    if (refusal) {
      const { status, code, message } = refusal;
      json(response, status, { error: { message, type: code, param: null, code }, request_id: 'r-1' });
    } else if (request.method === 'GET') json(response, 200, { object: 'list', data: [{ id: 'qwen-plus', object: 'model', created: 1, owned_by: 'system' }] });
    else if (body.stream) stream(response, body);
    else json(response, 200, { id: 'c-1', object: 'chat.completion', model: body.model, choices: [{ index: 0, message: { role: 'assistant', content: 'Hello' }, finish_reason: 'stop' }] });
  }

  /** @param {string | undefined} key @param {any} body @returns {Refusal | undefined} */
  #refuse(key, body) {
    if (key === undefined || this.rejected.has(key)) return { status: 401, code: 'invalid_api_key', message: 'Incorrect API key provided.' };
    if (body === undefined) return undefined;
    if (!this.pays) return { status: 400, code: 'Arrearage', message: 'Access denied, please make sure your account is in good standing.' };
    if (this.thinkers.has(body.model) && body.enable_thinking !== false && !body.stream) {
      return { status: 400, code: 'invalid_parameter_error', message: 'parameter.enable_thinking must be set to false for non-streaming calls' };
    }
    return this.#limit();
  }

  /** @returns {Refusal | undefined} */
  #limit() {
    const now = Date.now();
    const within = (/** @type {number} */ span, /** @type {number} */ until) => this.#taken.filter((at) => at <= until && at > until - span).length;
    const { perMinute = Infinity, perSecond = Infinity, growth = Infinity } = this.limits;
    if (within(1_000, now) >= within(1_000, now - 1_000) + growth) return { status: 429, code: 'limit_burst_rate', message: 'Request rate increased too quickly.' };
    if (within(60_000, now) >= perMinute || within(1_000, now) >= perSecond) {
      return { status: 429, code: 'limit_requests', message: 'You exceeded your current requests list.' };
    }
    this.#taken.push(now);
    return undefined;
  }
}

/** @param {http.ServerResponse} response @param {number} status @param {any} value */
function json(response, status, value) {
  response.writeHead(status, { 'content-type': 'application/json', 'x-dashscope-call-gateway': 'true' }).end(JSON.stringify(value));
}

/** @param {http.ServerResponse} response @param {any} body */
function stream(response, body) {
  response.writeHead(200, { 'content-type': 'text/event-stream', 'x-dashscope-call-gateway': 'true' });
  const chunk = (/** @type {any} */ delta, /** @type {string | null} */ finish = null) => {
    const choices = [{ index: 0, delta, finish_reason: finish }];
    response.write(`data: ${JSON.stringify({ id: 'c-1', object: 'chat.completion.chunk', created: 7, model: body.model, choices })}\n\n`);
  };
  chunk({ role: 'assistant', content: null, reasoning_content: 'Well' });
  chunk({ content: 'Hel' });
  chunk({ content: 'lo' });
  chunk({ tool_calls: [{ index: 0, id: 'call-1', type: 'function', function: { name: 'look', arguments: '{"at"' } }] });
  chunk({ tool_calls: [{ index: 0, id: '', function: { arguments: ':1}' } }] });
  chunk({}, 'tool_calls');
  if (body.stream_options?.include_usage) response.write(`data: ${JSON.stringify({ id: 'c-1', choices: [], usage: { prompt_tokens: 3, completion_tokens: 4, total_tokens: 7 } })}\n\n`);
  response.end('data: [DONE]\n\n');
}
