// Compares what is announced with /proc, at the moment it is announced.
import { STEPS } from '../lib/invariants.mjs';
import { alive, carrying, environ, holdsSocket, listeningInodes } from '../lib/proc.mjs';

/** How soon the next event must follow to explain that the world has moved on, in milliseconds. */
const MOVED_ON_MS = 100;
/** Likewise for a port that is closed: the contract gives it a second before that is a fault. */
const PORT_CLOSED_MS = 1_000 + MOVED_ON_MS;
/** What the client itself may be late by: the box is under full load by intention. */
const CLIENT_MS = Number(process.env.SIGNALBOX_SOAK_CLIENT_MS ?? 150);

/** @typedef {import('../lib/invariants.mjs').Event} Event */

export class Oracle {
  /** @type {string[]} */
  lies = [];
  /** Mismatches that the next event explained. */
  explained = 0;
  checked = 0;
  /** @type {Record<string, number>} */
  counts = {};
  /** @type {number[]} */
  lagMs = [];
  /** @type {Map<string, Event[]>} */
  #history = new Map();
  /** Generations that were announced as ended. @type {Map<string, number>} */
  #ended = new Map();
  /** @type {Map<string, {event: Event, what: string, until: number}>} */
  #open = new Map();

  /** @param {string} marker @param {Record<string, number>} ports */
  constructor(marker, ports) {
    this.marker = marker;
    this.ports = ports;
  }

  /** @param {string} id */
  last(id) {
    return this.#history.get(id)?.at(-1);
  }

  /** @param {string} id @param {number} [generation] */
  #tree(id, generation) {
    const wanted = { SIGNALBOX_E2E: this.marker, SIGNALBOX_PROCESS_ID: id };
    return carrying(generation === undefined ? wanted : { ...wanted, SIGNALBOX_GENERATION: generation });
  }

  /** @param {Event} event */
  see(event) {
    const arrived = Date.now();
    this.#settle(event, arrived);
    this.checked += 1;
    this.counts[event.state] = (this.counts[event.state] ?? 0) + 1;
    this.lagMs.push(arrived - event.timestamp);
    const before = this.last(event.id);
    if (before && !STEPS[before.state].includes(event.state)) this.#lie(event, `no step from ${before.state}`);
    this.#history.set(event.id, [...(this.#history.get(event.id) ?? []).slice(-15), event]);
    this.#judge(event, arrived);
  }

  /** @param {Event} event @param {number} arrived */
  #judge(event, arrived) {
    const { id, state, process: { generation } } = event;
    if (state === 'stopped' || state === 'error') {
      const left = this.#tree(id, generation);
      if (left.length > 0) this.#lie(event, `alive: ${left.map((pid) => `${pid} ${environ(pid)?.get('SIGNALBOX_GENERATION')}`)}`);
      this.#ended.set(id, generation);
    } else if (state === 'starting') {
      const ended = this.#ended.get(id) ?? 0;
      const old = this.#tree(id).filter((pid) => Number(environ(pid)?.get('SIGNALBOX_GENERATION') ?? Infinity) <= ended);
      if (old.length > 0) this.#lie(event, `of generation ${ended} or before is alive: ${old}`);
    } else if (state === 'stopping') {
      if (this.#tree(id, generation).length === 0) this.#doubt(event, 'nothing of the tree is alive', arrived + MOVED_ON_MS);
    } else {
      this.#judgeRunning(event, arrived);
    }
  }

  /** @param {Event} event @param {number} arrived */
  #judgeRunning(event, arrived) {
    const { id, process: { pid, generation } } = event;
    if (!alive(pid) || environ(pid)?.get('SIGNALBOX_GENERATION') !== String(generation)) {
      this.#doubt(event, `pid ${pid} of generation ${generation} is not alive`, arrived + MOVED_ON_MS);
      return;
    }
    const port = this.ports[id];
    if (port !== undefined && !holdsSocket(this.#tree(id, generation), listeningInodes(port))) {
      this.#doubt(event, `nobody of the tree listens on ${port}`, arrived + PORT_CLOSED_MS);
    }
  }

  /** A mismatch that the next event of this process may explain. @param {Event} event @param {string} what @param {number} until */
  #doubt(event, what, until) {
    this.#open.set(event.id, { event, what, until });
  }

  /** @param {Event} next @param {number} arrived */
  #settle(next, arrived) {
    const doubt = this.#open.get(next.id);
    if (!doubt) return;
    this.#open.delete(next.id);
    if (arrived <= doubt.until + CLIENT_MS) this.explained += 1;
    else this.#lie(doubt.event, `${doubt.what}; the next event came ${arrived - doubt.until} ms too late`);
  }

  /** What no event explained in time. */
  expire() {
    for (const [id, doubt] of this.#open) {
      if (Date.now() <= doubt.until + 2 * CLIENT_MS) continue;
      this.#open.delete(id);
      this.#lie(doubt.event, `${doubt.what}; no event followed`);
    }
  }

  /** What was announced last must still be so, if that was not just now. */
  audit() {
    for (const [id, events] of this.#history) {
      const event = events[events.length - 1];
      if (this.#open.has(id) || Date.now() - event.timestamp < 1000) continue;
      const { generation } = event.process;
      const tree = this.#tree(id);
      const late = () => this.last(id) === event;
      if ((event.state === 'stopped' || event.state === 'error') && tree.length > 0 && late()) this.#lie(event, `audit: alive ${tree}`);
      if (event.state === 'running' && !alive(event.process.pid)) this.#doubt(event, 'audit: not alive', Date.now() + MOVED_ON_MS);
      if (event.state === 'running' && tree.some((pid) => (environ(pid)?.get('SIGNALBOX_GENERATION') ?? String(generation)) !== String(generation))) {
        this.#doubt(event, `audit: another generation than ${generation} is alive: ${tree}`, Date.now() + MOVED_ON_MS);
      }
    }
  }

  /** @param {Event} event @param {string} what */
  #lie(event, what) {
    const story = (this.#history.get(event.id) ?? []).map((one) => `${one.seq} ${one.state} g${one.process.generation}`).join(', ');
    this.lies.push(`seq ${event.seq}, ${event.id} ${event.state} g${event.process.generation}: ${what}\n    ${story}`);
    process.stderr.write(`LIE ${this.lies.at(-1)}\n`);
  }
}
