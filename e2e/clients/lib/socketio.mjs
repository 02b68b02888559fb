// Clients of Socket.IO that others wrote, behind one face: those for Node.js, and those for Python in processes of their own.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import io2 from 'socket.io-client-2';
import { io as io3 } from 'socket.io-client-3';
import { SocketClient } from '../../lib/socket.mjs';
import { within } from '../../lib/time.mjs';
import { offline, program } from './python.mjs';

const SCRIPT = join(fileURLToPath(new URL('../', import.meta.url)), 'python/socketio_client.py');
/** How long Python may take to load its modules, on a busy machine. */
const LOADED_MS = 60_000;

/** One in Python: see python/socketio_client.py. */
class PythonClient {
  stderr = '';

  /** @param {string} environment @param {'sync' | 'async'} manner @param {string} url @param {string[]} transports */
  constructor(environment, manner, url, transports) {
    this.process = spawn(program('python', environment), ['-u', SCRIPT, manner, url, transports.join(',')], { env: offline(), stdio: ['pipe', 'pipe', 'pipe'] });
    this.process.stderr.setEncoding('utf8').on('data', (part) => { this.stderr += part; });
    this.process.stdin.on('error', () => {});
    this.lines = createInterface({ input: this.process.stdout })[Symbol.asyncIterator]();
  }

  /** Events that came while something else was awaited. @type {Array<{name: string, data: any}>} */
  #events = [];

  /** The next line that tells this. @param {string} what @param {number} [ms] @returns {Promise<any>} */
  async #told(what, ms) {
    for (;;) {
      const { value, done } = await within(this.lines.next(), what, ms).catch((error) => { throw new Error(`${error.message}\n${this.stderr}`); });
      assert.ok(!done, `${what}: it ended\n${this.stderr}`);
      const line = JSON.parse(value);
      if (what in line) return line[what];
      assert.ok(line.event, value);
      this.#events.push(line.event);
    }
  }

  async connected() {
    await this.#told('connected', LOADED_MS);
    return this;
  }

  /** @returns {Promise<string>} what it says of it */
  async refused() {
    const said = await this.#told('refused', LOADED_MS);
    this.close();
    return JSON.stringify(said);
  }

  /** @returns {Promise<{name: string, data: any}>} */
  async next() {
    return this.#events.shift() ?? this.#told('event');
  }

  /** @param {string} name */
  async nextOf(name) {
    for (;;) {
      const event = await this.next();
      if (event.name === name) return event.data;
    }
  }

  /** @param {object} order @returns {Promise<any>} */
  #order(order) {
    this.process.stdin.write(`${JSON.stringify(order)}\n`);
    return this.#told('answer');
  }

  /** @param {string} name @param {...unknown} args */
  ask(name, ...args) {
    return this.#order({ emit: name, args });
  }

  /** @returns {Promise<string>} */
  transport() {
    return this.#order({ transport: true });
  }

  close() {
    this.process.kill('SIGKILL');
  }
}

/** @typedef {PythonClient | SocketClient} Client */

/** @param {any} [io] */
const node = (io) => (/** @type {string} */ url, /** @type {string[]} */ transports) => SocketClient.connect(url, { io, transports, reconnects: true });

/** @param {'sync' | 'async'} manner */
const python = (manner) => (/** @type {string} */ url, /** @type {string[]} */ transports) => new PythonClient('.venv-socketio-5', manner, url, transports).connected();

/** Connects one that speaks Socket.IO 5: the last two majors of JavaScript, and the last one of Python in both of its manners. */
export const connect = {
  'socket.io-client 4': node(),
  'socket.io-client 3': node(io3),
  'python-socketio 5': python('sync'),
  'python-socketio 5, asyncio': python('async'),
};

/** @param {string} url @param {string[]} transports @returns {Promise<string>} */
const refusedNode = (url, transports) => within(new Promise((done, fail) => {
  const socket = io2(url, { transports, reconnection: false, forceNew: true });
  socket.on('connect', () => fail(new Error('connected, though it must not')));
  socket.on('connect_error', (/** @type {any} */ error) => { socket.close(); done(`${error.message} ${error.description?.message ?? error.description}`); });
}), 'the refusal');

/** What one says that speaks an older protocol, when it is refused. */
export const refused = {
  'socket.io-client 2': refusedNode,
  /** @param {string} url @param {string[]} transports */
  'python-socketio 4': (url, transports) => new PythonClient('.venv-socketio-4', 'sync', url, transports).refused(),
};
