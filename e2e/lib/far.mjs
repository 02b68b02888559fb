// An OpenAI-compatible upstream whose models each behave in a way of their own.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import http from 'node:http';

const USAGE = { prompt_tokens: 12, completion_tokens: 34, total_tokens: 46 };
const FIRST = 'data: {"choices":[{"index":0,"delta":{"role":"assistant","content":"Hi"}}]}\n\n';
const REST = `data: {"choices":[],"usage":${JSON.stringify(USAGE)}}\n\ndata: [DONE]\n\n`;

/**
 * `plain` answers at once, streamed if asked for; `wait` begins a stream and goes on when told; `hang` never answers;
 * `error` answers 429; `cut` breaks off in the middle of a stream.
 */
export class Far {
  /** How to end each stream of `wait`. @type {Array<() => void>} */
  waiting = [];
  /** Connections that ended before their answer did. */
  left = 0;

  static async start() {
    const far = new Far();
    far.server.listen(0, '127.0.0.1').unref();
    await once(far.server, 'listening');
    return far;
  }

  constructor() {
    this.server = http.createServer((request, response) => { void this.#answer(request, response); });
  }

  get url() {
    const address = this.server.address();
    assert.ok(address !== null && typeof address === 'object');
    return `http://127.0.0.1:${address.port}/v1`;
  }

  /** @param {http.IncomingMessage} request @param {http.ServerResponse} response */
  async #answer(request, response) {
    let body = '';
    for await (const part of request.setEncoding('utf8')) body += part;
    const json = (/** @type {number} */ status, /** @type {any} */ value) => response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(value));
    if (request.method === 'GET') { json(200, { object: 'list', data: [] }); return; }
    response.on('close', () => { if (!response.writableEnded) this.left += 1; });
    const { model, stream } = JSON.parse(body);
    if (model === 'hang') return;
    if (model === 'error') { json(429, { error: { message: 'Slow down.', type: 'rate_limit', param: null, code: 'rate_limited' } }); return; }
    if (!stream) { json(200, { id: 'far', model, choices: [], usage: USAGE }); return; }
    response.writeHead(200, { 'content-type': 'text/event-stream' }).write(FIRST);
    if (model === 'cut') setImmediate(() => response.destroy());
    else if (model === 'wait') this.waiting.push(() => response.end(REST));
    else response.end(REST);
  }

  close() {
    this.server.closeAllConnections();
    this.server.close();
  }
}
