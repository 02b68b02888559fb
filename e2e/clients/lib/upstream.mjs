// An OpenAI-compatible server that plays scripts. The model that a request names is the script, so that any client, in any
// language and however it is configured, chooses what happens to it.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import http from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import { eventually } from '../../lib/time.mjs';
import { embeddings, legacy, pieces } from './chat.mjs';
import { failure, json } from './plan.mjs';
import { responses } from './responses.mjs';
import { NAMES, TEXT, scriptOf } from './scripts.mjs';

/** The only key that the upstream takes. */
export const UPSTREAM_KEY = 'sk-upstream-7d1f';

/**
 * `endedAt` is when the connection of the answer was closed, in ms since the epoch; `whole`, whether all was sent by then.
 * @typedef {{path: string, model: string, body: any, headers: http.IncomingHttpHeaders, begunAt: number,
 *   endedAt: number | null, whole: boolean}} Seen
 */

export class Upstream {
  /** Every request that was for a model, in the order of arrival. @type {Seen[]} */
  seen = [];
  /** All bytes of answers' bodies that were written, in their order. @type {Buffer[]} */
  sent = [];
  /** @type {Array<() => void>} */
  #gated = [];

  /** @param {{scripts?: Record<string, import('./scripts.mjs').Script>, responses?: boolean}} [options] */
  static async start(options = {}) {
    const upstream = new Upstream(options);
    upstream.server.listen(0, '127.0.0.1');
    await once(upstream.server, 'listening');
    return upstream;
  }

  /** @param {{scripts?: Record<string, import('./scripts.mjs').Script>, responses?: boolean}} options */
  constructor({ scripts = {}, responses: hasResponses = true }) {
    this.scripts = scripts;
    this.hasResponses = hasResponses;
    this.server = http.createServer((request, response) => { void this.#answer(request, response); });
  }

  get root() {
    const address = this.server.address();
    assert.ok(address !== null && typeof address === 'object');
    return `http://127.0.0.1:${address.port}`;
  }

  get url() {
    return `${this.root}/v1`;
  }

  /** The requests for one script. @param {string} model */
  asked(model) {
    return this.seen.filter((one) => one.model === model);
  }

  /** The latest request for a script, which must be there. @param {string} model */
  last(model) {
    const one = this.asked(model).at(-1);
    assert.ok(one, `a request for ${model}`);
    return one;
  }

  /** Lets what waits at a gate go on, once something waits. */
  async open() {
    const go = await eventually(() => this.#gated.shift(), 'an answer that waits at the gate');
    go();
  }

  /** @param {http.IncomingMessage} request @param {http.ServerResponse} response */
  async #answer(request, response) {
    const parts = [];
    for await (const part of request) parts.push(part);
    const text = Buffer.concat(parts).toString();
    const plan = await this.#plan(request, response, text === '' ? {} : JSON.parse(text));
    if (plan !== null && !('silent' in plan)) await this.#play(plan, response);
  }

  /** @param {http.IncomingMessage} request @param {http.ServerResponse} response @param {any} body @returns {Promise<import('./plan.mjs').Plan | null>} */
  async #plan(request, response, body) {
    const path = new URL(request.url ?? '/', 'http://upstream').pathname;
    if (path.startsWith('/control/')) return this.#control(path, body);
    if (request.headers.authorization !== `Bearer ${UPSTREAM_KEY}`) return failure(401, 'That is not the key of the upstream.', 'invalid_request_error', 'invalid_api_key');
    if (path === '/v1/models') return json(200, { object: 'list', data: NAMES.map(modelOf) });
    if (path.startsWith('/v1/models/')) return json(200, modelOf(decodeURIComponent(path.slice('/v1/models/'.length))));
    this.#note(request, response, path, body);
    return this.#scripted(path, body);
  }

  /** @param {string} path @param {any} body @returns {import('./plan.mjs').Plan} */
  #scripted(path, body) {
    const play = () => scriptOf(body.model, this.scripts)({ body, nth: this.asked(body.model).length });
    if (path === '/v1/chat/completions') return play();
    if (path === '/v1/completions') return body.model === 'plain' ? legacy(body, { pieces: pieces(TEXT) }) : play();
    if (path === '/v1/embeddings') return body.model === 'plain' ? embeddings(body) : play();
    if (path === '/v1/responses' && this.hasResponses) return responses(body) ?? play();
    return failure(404, `There is no ${path} here.`, 'invalid_request_error', null);
  }

  /** What clients in other processes ask about: the same that a test reads from `seen`. @param {string} path @param {any} body */
  async #control(path, body) {
    if (path === '/control/open') {
      await this.open();
      return json(200, {});
    }
    return json(200, { requests: this.asked(body.model) });
  }

  /** @param {http.IncomingMessage} request @param {http.ServerResponse} response @param {string} path @param {any} body */
  #note(request, response, path, body) {
    /** @type {Seen} */
    const one = { path, model: body.model, body, headers: request.headers, begunAt: Date.now(), endedAt: null, whole: false };
    this.seen.push(one);
    response.on('close', () => { one.endedAt = Date.now(); one.whole = response.writableFinished; });
  }

  /** @param {Exclude<import('./plan.mjs').Plan, {silent: true}>} plan @param {http.ServerResponse} response */
  async #play({ status, headers, steps }, response) {
    response.writeHead(status, headers);
    response.flushHeaders();
    for (const step of steps) {
      if (response.destroyed || !await this.#take(step, response)) return;
    }
    response.end();
  }

  /** Whether there is more to do. @param {import('./plan.mjs').Step} step @param {http.ServerResponse} response */
  async #take(step, response) {
    if ('write' in step) {
      const bytes = Buffer.from(step.write);
      this.sent.push(bytes);
      if (!response.write(bytes)) await Promise.race([once(response, 'drain'), once(response, 'close')]);
    } else if ('pause' in step) {
      await delay(step.pause);
    } else if ('gate' in step) {
      await new Promise((go) => { this.#gated.push(() => go(undefined)); });
    } else {
      if ('cut' in step) response.socket?.resetAndDestroy();
      return false;
    }
    return true;
  }

  close() {
    for (const go of this.#gated) go();
    this.server.closeAllConnections();
    this.server.close();
  }
}

/** @param {string} id */
const modelOf = (id) => ({ id, object: 'model', created: 1_760_000_000, owned_by: 'scripted', x_context_length: 4096 });
