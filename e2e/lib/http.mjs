// A bare HTTP client: unlike `fetch` it may send any Host, any Origin and any body.
import { readFileSync } from 'node:fs';
import http from 'node:http';
import https from 'node:https';
import { within } from './time.mjs';
import { AUTHORITY } from './tls.mjs';

/**
 * @typedef {{status: number, headers: http.IncomingHttpHeaders, text: string, json: any}} Answer
 * @typedef {{method?: string, headers?: Record<string, string>, body?: string | Buffer, agent?: http.Agent}} Call
 */

/** Begins a request; over TLS, where its URL says so. @param {string} url @param {http.RequestOptions} options @param {(response: http.IncomingMessage) => void} onResponse */
export function begin(url, options, onResponse) {
  if (!url.startsWith('https:')) return http.request(url, options, onResponse);
  return https.request(url, { ...options, ca: readFileSync(AUTHORITY) }, onResponse);
}

/** On a connection of its own, unless an agent keeps one. @param {string} url @param {Call} [call] @returns {Promise<Answer>} */
export function call(url, { method = 'GET', headers = {}, body, agent } = {}) {
  const answer = new Promise((done, fail) => {
    const request = begin(url, { method, headers, agent: agent ?? false }, (response) => {
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
