// The ordered event stream, read over SSE as any client reads it.
import assert from 'node:assert/strict';
import { setTimeout as delay } from 'node:timers/promises';
import { begin } from './http.mjs';
import { parseEvent } from './invariants.mjs';
import { carrying } from './proc.mjs';
import { DEADLINE_MS, within } from './time.mjs';

/** @typedef {import('./invariants.mjs').Event} Event */

/** Splits a byte stream into Server-Sent Events. */
class SseParser {
  rest = '';

  /** @param {string} chunk @returns {Array<{event: string, id: string | null, data: string}>} */
  push(chunk) {
    const blocks = (this.rest + chunk.replaceAll('\r\n', '\n')).split('\n\n');
    this.rest = blocks.pop() ?? '';
    return blocks.map((block) => {
      /** @type {{event: string, id: string | null, data: string[]}} */
      const message = { event: 'message', id: null, data: [] };
      for (const line of block.split('\n')) {
        const [, field, value] = /^([a-z]*): ?(.*)$/.exec(line) ?? [];
        if (field === 'data') message.data.push(value);
        else if (field === 'event') message.event = value;
        else if (field === 'id') message.id = value;
      }
      return { ...message, data: message.data.join('\n') };
    }).filter((message) => message.data !== '');
  }
}

/** Raw messages of one SSE connection, in order. */
export class SseConnection {
  /** @type {Array<{event: string, id: string | null, data: string}>} */
  messages = [];
  /** @type {Set<() => void>} */
  #waiting = new Set();
  #taken = 0;
  ended = false;
  /** @type {import('node:http').ClientRequest | undefined} */
  #request;
  /** @type {number} */
  status = 0;
  /** @type {import('node:http').IncomingHttpHeaders} */
  headers = {};
  /** @type {((message: {event: string, id: string | null, data: string}) => void) | undefined} */
  onMessage;

  /** @param {string} url @param {Record<string, string>} [headers] @param {SseConnection['onMessage']} [onMessage] */
  static async open(url, headers = {}, onMessage = undefined) {
    const connection = new SseConnection();
    connection.onMessage = onMessage;
    await within(connection.#connect(url, headers), `GET ${url}`);
    return connection;
  }

  /** @param {string} url @param {Record<string, string>} headers @returns {Promise<void>} */
  #connect(url, headers) {
    return new Promise((done, fail) => {
      const parser = new SseParser();
      this.#request = begin(url, { agent: false, headers: { accept: 'text/event-stream', ...headers } }, (response) => {
        this.status = response.statusCode ?? 0;
        this.headers = response.headers;
        response.setEncoding('utf8');
        response.on('data', (chunk) => {
          for (const message of parser.push(chunk)) {
            this.messages.push(message);
            this.onMessage?.(message);
          }
          this.#wake();
        });
        const end = () => { this.ended = true; this.#wake(); };
        response.on('close', end).on('error', end);
        done();
      });
      this.#request.on('error', (error) => { this.ended = true; this.#wake(); fail(error); });
      this.#request.end();
    });
  }

  #wake() {
    for (const wake of [...this.#waiting]) wake();
  }

  /** Resolves at the next news. */
  changed() {
    return new Promise((done) => {
      const wake = () => { this.#waiting.delete(wake); done(undefined); };
      this.#waiting.add(wake);
    });
  }

  /** The next message not yet taken. @returns {Promise<{event: string, id: string | null, data: string}>} */
  async next(ms = DEADLINE_MS) {
    await within((async () => {
      while (this.messages.length <= this.#taken && !this.ended) await this.changed();
    })(), 'the next message', ms);
    const message = this.messages[this.#taken];
    assert.ok(message, 'the stream ended');
    this.#taken += 1;
    return message;
  }

  close() {
    this.#request?.destroy();
  }
}

/** The lifecycle events of one server, each looked up in /proc as it arrives. */
export class EventReader {
  /** @type {Event[]} */
  all = [];
  /** Announced as ended while something of that generation was alive. @type {string[]} */
  lies = [];
  /** @type {Map<string, number>} */
  #cursor = new Map();
  /** @type {SseConnection | undefined} */
  #connection;

  /** @param {string} url @param {Record<string, string>} headers @param {string} marker @param {number} after */
  static async open(url, headers, marker, after = 0) {
    const reader = new EventReader();
    reader.#connection = await SseConnection.open(`${url}/api/events?after=${after}`, headers, (message) => {
      if (message.event !== 'lifecycle:update') return;
      const event = parseEvent(JSON.parse(message.data));
      assert.equal(message.id, String(event.seq), 'id: is seq');
      reader.#look(event, marker);
      reader.all.push(event);
    });
    assert.equal(reader.#connection.status, 200);
    return reader;
  }

  /** @param {Event} event @param {string} marker */
  #look(event, marker) {
    if (event.state !== 'stopped' && event.state !== 'error') return;
    const left = carrying({
      SIGNALBOX_E2E: marker, SIGNALBOX_PROCESS_ID: event.id, SIGNALBOX_GENERATION: event.process.generation,
    });
    if (left.length > 0) this.lies.push(`seq ${event.seq}: ${event.id} ${event.state}, but alive: ${left}`);
  }

  /** @param {string} id @returns {Event[]} */
  of(id) {
    return this.all.filter((event) => event.id === id);
  }

  /** What was seen of a process, for a failed assertion. @param {string} id */
  story(id) {
    return this.of(id).map((event) => `${event.seq} ${event.state}${event.process.error ? ` (${event.process.error})` : ''}`).join(', ');
  }

  /** The next event of a process. @param {string} id @returns {Promise<Event>} */
  async next(id, ms = DEADLINE_MS) {
    const index = this.#cursor.get(id) ?? 0;
    const find = () => this.of(id)[index];
    try {
      await within((async () => {
        while (!find() && !this.#connection?.ended) await this.#connection?.changed();
      })(), `event ${index + 1} of ${id}`, ms);
    } catch (error) {
      throw new Error(`${/** @type {Error} */ (error).message}; seen: ${this.story(id) || 'nothing'}`);
    }
    const event = find();
    assert.ok(event, `the stream ended before event ${index + 1} of ${id}; seen: ${this.story(id)}`);
    this.#cursor.set(id, index + 1);
    return event;
  }

  /**
   * The next events of a process are exactly these; resolves to the last one's process object.
   * @param {string} id @param {...string} states
   */
  async expect(id, ...states) {
    let event;
    for (const state of states) {
      event = await this.next(id);
      assert.equal(event.state, state, `next of ${id}; seen: ${this.story(id)}`);
    }
    return event?.process;
  }

  /** Skips to the next event of a process in this state. @param {string} id @param {string} state */
  async reach(id, state) {
    for (;;) {
      const event = await this.next(id);
      if (event.state === state) return event.process;
    }
  }

  /** Nothing is announced of a process for so long. @param {string} id @param {number} ms */
  async quiet(id, ms) {
    await delay(ms);
    const index = this.#cursor.get(id) ?? 0;
    assert.equal(this.of(id).length, index, `no further event of ${id}; seen: ${this.story(id)}`);
  }

  /** Waits until this seq has arrived. @param {number} seq */
  async caughtUp(seq) {
    await within((async () => {
      while ((this.all.at(-1)?.seq ?? 0) < seq && !this.#connection?.ended) await this.#connection?.changed();
    })(), `seq ${seq} on the stream`);
  }

  close() {
    this.#connection?.close();
  }
}
