// Compares what is announced with /proc, at the moment it is announced.
import { STEPS } from '../lib/invariants.mjs';
import { alive, census, environ, holdsSocket, listeningInodes, stat } from '../lib/proc.mjs';

/** How soon the next event must follow to explain that the world has moved on, in milliseconds. */
const MOVED_ON_MS = 100;
/** Likewise for a port that is closed: the contract gives it a second before that is a fault. */
const PORT_CLOSED_MS = 1_000 + MOVED_ON_MS;
/** Likewise for a spawn, which a machine under full load lets wait. */
const SPAWN_MS = 2_000;
/** How long a pid is not given to another process again, in milliseconds: there are thousands of others. */
const PID_FRESH_MS = 10_000;
/** What the server may be late by because the machine is under full load by intention. */
const LOADED_MS = Number(process.env.SIGNALBOX_SOAK_LOADED_MS ?? 150);

/** @typedef {import('../lib/invariants.mjs').Event} Event */

/** @param {Array<{pid: number, generation: number}>} tree */
const text = (tree) => tree.map(({ pid, generation }) => `${pid} g${generation}`).join(' ');

/** What there is of a pid. @param {number} pid */
function portrait(pid) {
  const now = stat(pid);
  const env = environ(pid);
  return now === null ? 'no such pid' : `${now.comm} ${now.state}, generation ${env?.get('SIGNALBOX_GENERATION')}, ${env?.size ?? 'no'} variables`;
}

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
  /** Leaders that were last announced as alive, and as ended. @type {Map<string, number>} */
  #leaders = new Map();
  /** @type {Map<string, {pid: number, at: number}>} */
  #endedLeaders = new Map();
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
    const here = census(this.marker, id);
    return here.filter((one) => generation === undefined || one.generation === generation);
  }

  /** @param {Event} event */
  see(event) {
    const arrived = Date.now();
    this.#settle(event);
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
    const { id, state, process: { generation, pid: leader } } = event;
    if (leader !== null) this.#leaders.set(id, leader);
    if (state === 'stopped' || state === 'error') {
      const pid = this.#leaders.get(id);
      if (pid !== undefined) this.#endedLeaders.set(id, { pid, at: event.timestamp });
      this.#leaders.delete(id);
      const left = this.#tree(id, generation);
      if (left.length > 0) this.#lie(event, `alive: ${text(left)}`);
      this.#ended.set(id, generation);
    } else if (state === 'starting') {
      const ended = this.#ended.get(id) ?? 0;
      const old = this.#tree(id).filter((one) => one.generation <= ended);
      if (old.length > 0) this.#lie(event, `of generation ${ended} or before is alive: ${text(old)}`);
    } else if (state === 'stopping') {
      const seen = () => this.#tree(id, generation).length > 0;
      const { pid, survivors } = event.process;
      const ended = this.#endedLeaders.get(id);
      if (ended && event.timestamp - ended.at < PID_FRESH_MS && survivors?.some((one) => one.pid === ended.pid))
        this.#lie(event, `${ended.pid} is named a survivor, and had ended before`);
      // Stopped while it was being spawned: nothing is said to be alive, and the spawn has to end first.
      const patience = pid === null && !survivors?.length ? SPAWN_MS : 0;
      if (!seen()) this.#doubtYoung(event, 'nothing of the tree is alive', arrived + patience, seen);
    } else {
      this.#judgeRunning(event, arrived);
    }
  }

  /** @param {Event} event @param {number} arrived */
  #judgeRunning(event, arrived) {
    const { id, process: { pid, generation } } = event;
    const tree = this.#tree(id, generation);
    if (!tree.some((one) => one.pid === pid)) {
      const seen = () => this.#tree(id, generation).some((one) => one.pid === pid);
      this.#doubtYoung(event, `pid ${pid} of generation ${generation} is not alive (${portrait(pid)})`, arrived, seen);
      return;
    }
    const port = this.ports[id];
    if (port !== undefined && !holdsSocket(tree.map((one) => one.pid), listeningInodes(port))) {
      this.#doubt(event, `nobody of the tree listens on ${port}`, arrived + PORT_CLOSED_MS);
    }
  }

  /**
   * Nothing to be seen in `/proc/PID/environ`: gone, as the next event will say, or in the middle of its exec, when
   * that file is empty or still another program's, as a second look will say.
   * @param {Event} event @param {string} what @param {number} arrived @param {() => boolean} seen
   */
  #doubtYoung(event, what, arrived, seen) {
    this.#doubt(event, what, arrived + MOVED_ON_MS);
    setTimeout(() => {
      if (this.#open.get(event.id)?.event !== event || !seen()) return;
      this.#open.delete(event.id);
      this.explained += 1;
    }, MOVED_ON_MS / 2);
  }

  /** A mismatch that the next event of this process may explain. @param {Event} event @param {string} what @param {number} until */
  #doubt(event, what, until) {
    this.#open.set(event.id, { event, what, until });
  }

  /**
   * The server's own time of the next event counts, not when this observer came to read it: it shares the cores with
   * the storm. How late it was is in the summary.
   * @param {Event} next
   */
  #settle(next) {
    const doubt = this.#open.get(next.id);
    if (!doubt) return;
    this.#open.delete(next.id);
    const late = next.timestamp - doubt.until;
    if (late <= LOADED_MS) this.explained += 1;
    else this.#lie(doubt.event, `${doubt.what}; the next event came ${late} ms too late`);
  }

  /**
   * What no event explained in time: asked, the server says it still. Where it says something else, the event waits to be
   * read here, as the storm has the cores, and is judged by its own time when it comes.
   * @param {() => Promise<{processes: Array<{id: string, state: string, generation: number}>}>} ask
   */
  async expire(ask) {
    const due = [...this.#open].filter(([, { until }]) => Date.now() > until + LOADED_MS);
    if (due.length === 0) return;
    const said = new Map((await ask()).processes.map((one) => [one.id, one]));
    for (const [id, doubt] of due) {
      const now = said.get(id);
      const { state, process: { generation } } = doubt.event;
      if (this.#open.get(id) !== doubt || now?.state !== state || now.generation !== generation) continue;
      this.#open.delete(id);
      this.#lie(doubt.event, `${doubt.what}; no event followed`);
    }
  }

  /** What was announced last must still be so. */
  audit() {
    const here = census(this.marker);
    for (const [id, events] of this.#history) {
      const event = events[events.length - 1];
      if (this.#open.has(id)) continue;
      const { generation, pid } = event.process;
      const tree = here.filter((one) => one.id === id);
      const ended = event.state === 'stopped' || event.state === 'error';
      const old = tree.filter((one) => one.generation < generation || (ended && one.generation === generation));
      if (old.length > 0) this.#lie(event, `audit: alive ${text(old)}`);
      const until = Date.now() + MOVED_ON_MS;
      if (event.state === 'running' && !alive(pid)) this.#doubt(event, 'audit: not alive', until);
      else if (event.state !== 'starting' && tree.some((one) => one.generation > generation)) {
        this.#doubt(event, `audit: a later generation is alive: ${text(tree)}`, until);
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
