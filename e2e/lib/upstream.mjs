// An OpenAI-compatible server that does what a test tells it.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import http from 'node:http';

/**
 * @typedef {{path: string, body: string, key: string | undefined, model: any}} Question
 * @typedef {(response: http.ServerResponse, question: Question) => void} Reply
 */

/** A JSON answer. @param {number} status @param {any} value @param {Record<string, string>} [headers] @returns {Reply} */
export const json = (status, value, headers = {}) => (response) => {
  response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(value));
};

/** An error in OpenAI's envelope. @param {number} status @param {string} message @param {Record<string, string>} [headers] */
export const refusal = (status, message, headers) => json(status, { error: { message, type: 'error', param: null, code: null } }, headers);

/** Never answers. @type {Reply} */
export const silence = () => {};

/** One that is told what to say; until then it says `{"by": NAME}`. */
export class Upstream {
  /** What it was asked besides its models. @type {Question[]} */
  seen = [];
  /** How often it was asked for its models. */
  listings = 0;
  /** What it says to the next questions, the last one for ever. @type {Reply[]} */
  script = [];
  /** What it says where it is asked for its models. @type {Reply} */
  list;

  /** @param {string} name @param {string[]} models */
  constructor(name, models) {
    this.name = name;
    this.list = json(200, { object: 'list', data: models.map((id) => ({ id, object: 'model', created: 1, owned_by: 'test' })) });
    this.server = http.createServer((request, response) => { void this.#answer(request, response); });
  }

  /** @param {string} name @param {string[]} [models] @param {Reply[]} [script] */
  static async start(name, models = ['m'], script = []) {
    const upstream = new Upstream(name, models);
    upstream.script = script;
    upstream.server.listen(0, '127.0.0.1').unref();
    await once(upstream.server, 'listening');
    return upstream;
  }

  get url() {
    const address = this.server.address();
    assert.ok(address !== null && typeof address === 'object');
    return `http://127.0.0.1:${address.port}/v1`;
  }

  /** @param {http.IncomingMessage} request @param {http.ServerResponse} response */
  async #answer(request, response) {
    const parts = [];
    for await (const part of request) parts.push(part);
    const body = Buffer.concat(parts).toString();
    const question = { path: request.url ?? '', body, key: request.headers.authorization, model: undefined };
    if (request.method === 'GET') {
      this.listings += 1;
      this.list(response, question);
      return;
    }
    question.model = JSON.parse(body).model;
    this.seen.push(question);
    const reply = (this.script.length > 1 ? this.script.shift() : this.script[0]) ?? json(200, { by: this.name });
    reply(response, question);
  }

  close() {
    this.server.closeAllConnections();
    this.server.close();
  }
}
