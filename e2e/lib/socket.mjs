// A Socket.IO client that keeps every event in the order of arrival.
import assert from 'node:assert/strict';
import { io as newest } from 'socket.io-client';
import { DEADLINE_MS, within } from './time.mjs';

export class SocketClient {
  /** @type {Array<{name: string, data: any}>} */
  all = [];
  #cursor = 0;
  /** @type {Set<() => void>} */
  #waiting = new Set();

  /**
   * @param {string} url
   * @param {{transports?: string[], token?: string, headers?: Record<string, string>, io?: typeof newest, reconnects?: boolean}} [options]
   */
  constructor(url, { transports = ['websocket'], token, headers, io = newest, reconnects = false } = {}) {
    this.socket = io(url, {
      transports, reconnection: reconnects, reconnectionDelay: 100, reconnectionDelayMax: 500, forceNew: true, upgrade: transports.length > 1,
      auth: token === undefined ? undefined : { token }, extraHeaders: headers,
    });
    this.socket.onAny((name, data) => {
      this.all.push({ name, data });
      for (const wake of [...this.#waiting]) wake();
    });
    this.disconnected = new Promise((done) => { this.socket.on('disconnect', done); });
  }

  /** @param {string} url @param {ConstructorParameters<typeof SocketClient>[1]} [options] */
  static async connect(url, options) {
    const client = new SocketClient(url, options);
    await within(new Promise((done, fail) => {
      client.socket.on('connect', () => done(undefined));
      client.socket.on('connect_error', fail);
    }), 'the connection');
    return client;
  }

  /** Connects and must be refused. @param {string} url @param {ConstructorParameters<typeof SocketClient>[1]} [options] */
  static async refused(url, options) {
    const client = new SocketClient(url, options);
    try {
      return await within(new Promise((done, fail) => {
        client.socket.on('connect', () => fail(new Error('connected, though it must not')));
        client.socket.on('connect_error', done);
      }), 'the refusal');
    } finally {
      client.close();
    }
  }

  /** The next event of any name. @returns {Promise<{name: string, data: any}>} */
  async next(ms = DEADLINE_MS) {
    await within((async () => {
      while (this.all.length <= this.#cursor) {
        await new Promise((done) => {
          const wake = () => { this.#waiting.delete(wake); done(undefined); };
          this.#waiting.add(wake);
        });
      }
    })(), `the next event after ${this.all.slice(-5).map((one) => one.name)}`, ms);
    this.#cursor += 1;
    return this.all[this.#cursor - 1];
  }

  /** The next event of this name, others are passed over. @param {string} name */
  async nextOf(name, ms = DEADLINE_MS) {
    for (;;) {
      const event = await this.next(ms);
      if (event.name === name) return event.data;
    }
  }

  /** @param {string} name @param {...unknown} args @returns {Promise<any>} */
  ask(name, ...args) {
    const answer = new Promise((done) => { this.socket.emit(name, ...args, done); });
    return within(answer, `the acknowledgement of ${name}`);
  }

  /** The name of the transport that it is on. */
  async transport() {
    return this.socket.io.engine.transport.name;
  }

  /** @param {string} name @param {...unknown} args */
  async accepted(name, ...args) {
    assert.deepEqual(await this.ask(name, ...args), { ok: true });
  }

  close() {
    this.socket.close();
  }
}
