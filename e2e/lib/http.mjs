// A bare HTTP client: unlike `fetch` it may send any Host, any Origin and any body.
import http from 'node:http';
import { within } from './time.mjs';

/**
 * @typedef {{status: number, headers: http.IncomingHttpHeaders, text: string, json: any}} Answer
 * @typedef {{method?: string, headers?: Record<string, string>, body?: string | Buffer}} Call
 */

/** @param {string} url @param {Call} [call] @returns {Promise<Answer>} */
export function call(url, { method = 'GET', headers = {}, body } = {}) {
  const answer = new Promise((done, fail) => {
    const request = http.request(url, { method, headers, agent: false }, (response) => {
      /** @type {Buffer[]} */
      const parts = [];
      response.on('data', (part) => parts.push(part));
      response.on('error', fail);
      response.on('end', () => {
        const text = Buffer.concat(parts).toString();
        let json;
        try { json = JSON.parse(text); } catch { json = undefined; }
        done({ status: response.statusCode ?? 0, headers: response.headers, text, json });
      });
    });
    request.on('error', fail);
    request.end(body);
  });
  return within(answer, `${method} ${url}`, 60_000);
}
