// Engine.IO by hand, to see each packet as it is: long polling over bare HTTP, and frames of a bare WebSocket.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import http from 'node:http';
import WebSocket from 'ws';
import { call } from './http.mjs';
import { DEADLINE_MS, within } from './time.mjs';

/** What stands between two packets of one body. */
export const SEPARATOR = '\x1e';

/** @param {Record<string, string>} query */
export const pathOf = (query) => `/socket.io/?${new URLSearchParams(query)}`;

/** A session that polls. */
export class Polling {
  /** What it was told when it was opened. @type {any} */
  open;

  /** @param {string} url */
  constructor(url) {
    this.url = url;
  }

  /** @param {string} url the server's */
  static async open(url) {
    const session = new Polling(url);
    const answer = await call(url + pathOf({ EIO: '4', transport: 'polling' }));
    assert.equal(answer.status, 200, answer.text);
    assert.equal(answer.text[0], '0', answer.text);
    session.open = JSON.parse(answer.text.slice(1));
    return session;
  }

  /** Joined to the namespace `/`. @param {string} url the server's */
  static async joined(url) {
    const session = await Polling.open(url);
    assert.equal((await session.post('40')).text, 'ok');
    while (!(await session.next()).startsWith('40{'));
    return session;
  }

  get path() {
    return pathOf({ EIO: '4', transport: 'polling', sid: this.open.sid });
  }

  get sid() {
    return this.open.sid;
  }

  /** One poll. */
  get() {
    return call(this.url + this.path);
  }

  /** @param {string | Buffer} body */
  post(body) {
    return call(this.url + this.path, { method: 'POST', headers: { 'content-type': 'text/plain;charset=UTF-8' }, body });
  }

  /** A POST whose body does not end; `isSent` once its head is on its way. */
  begin() {
    const request = http.request(this.url + this.path, { method: 'POST', agent: false, headers: { 'content-type': 'text/plain', 'content-length': 100 } });
    request.on('error', () => {});
    const isSent = new Promise((done) => { request.write('4', () => done(undefined)); });
    return Object.assign(request, { isSent });
  }

  /** What came in a poll and was not taken yet. @type {string[]} */
  #packets = [];

  /** The next packet; heartbeats are answered and passed over. @returns {Promise<string>} */
  async next() {
    for (;;) {
      const packet = this.#packets.shift();
      if (packet === undefined) {
        const answer = await this.get();
        assert.equal(answer.status, 200, answer.text);
        this.#packets.push(...answer.text.split(SEPARATOR));
      } else if (packet === '2') {
        assert.equal((await this.post('3')).text, 'ok');
      } else {
        return packet;
      }
    }
  }

  /** The server knows it no more. */
  async isOver() {
    const { status, json } = await this.get();
    assert.deepEqual([status, json?.message], [400, 'Session ID unknown']);
  }
}

/** A bare WebSocket of which every frame is kept in order. */
export class Frames {
  /** @type {string[]} */
  #frames = [];
  /** @type {Set<() => void>} */
  #waiting = new Set();
  isClosed = false;
  /** Heartbeats are answered and passed over. */
  answers = true;

  /** @param {string} url the server's @param {Record<string, string>} [query] */
  constructor(url, query = { EIO: '4', transport: 'websocket' }) {
    this.socket = new WebSocket(url.replace('http', 'ws') + pathOf(query));
    this.socket.on('message', (data) => this.#hear(String(data)));
    this.socket.on('close', () => { this.isClosed = true; this.#wake(); });
    this.socket.on('error', () => {});
  }

  /** Its transport is open, and what it was told then is passed over. @param {string} url */
  static async open(url) {
    const frames = new Frames(url);
    assert.match(await frames.next(), /^0\{/);
    return frames;
  }

  /** Joined to the namespace `/`, and its first state passed over. @param {string} url */
  static async joined(url) {
    const frames = await Frames.open(url);
    frames.send('40');
    assert.match(await frames.next(), /^40\{"sid":/);
    assert.match(await frames.next(), /^42\["proxy:status",/);
    return frames;
  }

  /** The WebSocket for a session that polls so far. @param {Polling} session */
  static async upgrading(session) {
    const frames = new Frames(session.url, { EIO: '4', transport: 'websocket', sid: session.sid });
    await within(once(frames.socket, 'open'), 'the WebSocket');
    return frames;
  }

  /** @param {string} frame */
  #hear(frame) {
    if (frame === '2' && this.answers) {
      this.send('3');
      return;
    }
    this.#frames.push(frame);
    this.#wake();
  }

  #wake() {
    for (const wake of [...this.#waiting]) wake();
  }

  /** @param {string | Uint8Array} packet */
  send(packet) {
    this.socket.send(packet);
  }

  /** The next frame, `closed` at the end. @returns {Promise<string>} */
  async next(ms = DEADLINE_MS) {
    await within((async () => {
      while (this.#frames.length === 0 && !this.isClosed) {
        await new Promise((done) => {
          const wake = () => { this.#waiting.delete(wake); done(undefined); };
          this.#waiting.add(wake);
        });
      }
    })(), 'the next frame', ms);
    return this.#frames.shift() ?? 'closed';
  }

  /** The next frame that begins so. @param {string} start */
  async nextLike(start) {
    for (;;) {
      const frame = await this.next();
      if (frame.startsWith(start)) return frame;
      assert.notEqual(frame, 'closed', `closed before ${start}`);
    }
  }

  /** The server ends it; whatever comes before is passed over. */
  async isEnded(ms = DEADLINE_MS) {
    while (await this.next(ms) !== 'closed');
  }

  /** It is alive: an event that nobody knows is answered. */
  async works() {
    this.send('4277["no:such"]');
    assert.match(await this.nextLike('4377'), /"unknown_event"/);
  }

  close() {
    this.socket.terminate();
  }
}
