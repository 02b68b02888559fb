// One client that only watches, and what it must find: events in the order of `seq` without a gap, from where it began.
import http from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import { io } from 'socket.io-client';

/** What a client was told on one connection, or over many where it resumes. */
export class Stream {
  /** @type {string[]} */
  faults = [];
  events = 0;
  starts = 0;
  /** The last `seq`; null before the first one. @type {number | null} */
  last = null;
  /** @type {string | null} */
  epoch = null;

  /** @param {string} name */
  constructor(name) {
    this.name = name;
  }

  /** It begins, or begins anew, with the whole state. @param {{seq: number, epoch: string}} state */
  begin({ seq, epoch }) {
    if (this.last !== null && epoch === this.epoch && seq < this.last) this.faults.push(`${this.name}: from ${this.last} back to ${seq}`);
    Object.assign(this, { last: seq, epoch });
    this.starts += 1;
  }

  /** @param {{seq: number, epoch: string}} event */
  take({ seq, epoch }) {
    this.events += 1;
    if (this.last === null) this.faults.push(`${this.name}: event ${seq} before any state`);
    else if (seq !== this.last + 1 || epoch !== this.epoch) this.faults.push(`${this.name}: ${this.last} of ${this.epoch}, then ${seq} of ${epoch}`);
    Object.assign(this, { last: seq, epoch });
  }
}

/**
 * @typedef {{url: string, until: number, random: () => number, stream: Stream, logsOf: string | null}} Watch
 */

/**
 * Socket.IO, which comes back by itself and begins with the state each time.
 * @param {Watch} watch
 * @param {string[]} transports
 * @param {boolean} restless whether it leaves now and then
 */
export async function socketClient({ url, until, random, stream, logsOf }, transports, restless) {
  const socket = io(url, { transports, forceNew: true, reconnectionDelay: 50, reconnectionDelayMax: 500 });
  let fresh = true;
  socket.on('connect', () => {
    fresh = true;
    if (logsOf) socket.emit('logs:subscribe', { process: logsOf, tail: 10 }, () => {});
  });
  socket.on('proxy:status', ({ status }) => {
    if (fresh) stream.begin(status);
    fresh = false;
  });
  socket.on('lifecycle:update', (event) => stream.take(event));
  while (Date.now() < until) {
    await delay(Math.min(300 + random() * 3_000, Math.max(0, until - Date.now())));
    if (restless) socket.disconnect().connect();
  }
  socket.close();
}

/**
 * One SSE connection; what it has is passed on as it is read. Ends when the connection does.
 * @param {string} url
 * @param {number} until
 * @param {(name: string, data: any) => void} hear
 * @param {(response: http.IncomingMessage) => void} pace
 */
function sseConnection(url, until, hear, pace) {
  return new Promise((done) => {
    const request = http.get(url, { agent: false, headers: { accept: 'text/event-stream' } }, (response) => {
      let rest = '';
      response.setEncoding('utf8').on('data', (chunk) => {
        const blocks = (rest + chunk).split('\n\n');
        rest = blocks.pop() ?? '';
        for (const block of blocks) {
          const data = /^data: (.*)$/m.exec(block)?.[1];
          if (data) hear(/^event: (.*)$/m.exec(block)?.[1] ?? '', JSON.parse(data));
        }
        pace(response);
      });
      response.on('close', done).on('error', done);
    });
    const end = setTimeout(() => request.destroy(), Math.max(0, until - Date.now()));
    request.on('error', done).on('close', () => { clearTimeout(end); done(undefined); });
  });
}

/**
 * SSE that resumes after what it has, over all its connections.
 * @param {Watch} watch
 * @param {{pauseMs?: number, stayMs?: number}} manners how long it stops reading now and then, and how long it stays
 */
export async function sseClient({ url, until, random, stream }, { pauseMs = 0, stayMs = Infinity }) {
  const hear = (/** @type {string} */ name, /** @type {any} */ data) => (name === 'snapshot' ? stream.begin(data) : stream.take(data));
  const pace = (/** @type {http.IncomingMessage} */ response) => {
    if (pauseMs === 0 || random() > 0.2) return;
    response.pause();
    setTimeout(() => response.resume(), random() * pauseMs);
  };
  while (Date.now() < until) {
    const after = stream.last === null ? '' : `?after=${stream.last}`;
    const end = Math.min(until, Date.now() + (stayMs === Infinity ? Infinity : 500 + random() * stayMs));
    await sseConnection(`${url}/api/events${after}`, end, hear, pace);
    await delay(20);
  }
}
