// What holds for every lifecycle event, whatever the test is about (contract, parts 3 and 5).
import assert from 'node:assert/strict';

/**
 * @typedef {{id: string, state: string, seq: number, epoch: string, timestamp: number, process: any, data: any}} Event
 */

export const STATES = ['stopped', 'starting', 'running', 'stopping', 'error'];

/** @type {Record<string, string[]>} */
export const STEPS = {
  stopped: ['starting'],
  error: ['starting', 'stopped'],
  starting: ['running', 'stopping', 'error'],
  running: ['stopping', 'stopped', 'error'],
  stopping: ['stopped', 'error'],
};

export const FIELDS = ['id', 'title', 'state', 'running', 'message', 'error', 'port', 'pid', 'generation', 'uptime',
  'since', 'startedAt', 'readyAt', 'cause', 'evidence', 'survivors', 'killAt', 'output', 'restarts', 'restart', 'exit',
  'autostart'];

export const CAUSES = ['cannot_start', 'port_taken', 'exited_during_startup', 'killed_during_startup', 'startup_timeout',
  'exited', 'killed', 'not_serving', 'not_responding'];

/** @param {any} data @returns {Event} */
export function parseEvent(data) {
  const { timestamp, seq, epoch, ...rest } = data;
  const ids = Object.keys(rest);
  assert.equal(ids.length, 1, `one process per event: ${JSON.stringify(data)}`);
  const [id] = ids;
  return { id, state: rest[id].state, seq, epoch, timestamp, process: rest[id], data };
}

/** @param {any} it a process object @param {number | null} port what `port` must be @param {string} where */
export function checkProcess(it, port, where) {
  const { state } = it;
  for (const field of FIELDS) assert.ok(field in it, `${where}: field ${field} is missing`);
  assert.ok(STATES.includes(state), `${where}: unknown state ${state}`);
  assert.equal(it.running, state === 'running', `${where}: running`);
  assert.equal(it.port, port, `${where}: port`);
  checkWords(it, where);
  checkEvidence(it, where);
  assert.ok(Number.isInteger(it.generation) && it.generation >= 0, `${where}: generation ${it.generation}`);
  assert.ok(Number.isInteger(it.uptime) && (state === 'running' || it.uptime === 0), `${where}: uptime ${it.uptime}`);
  assert.ok(Number.isInteger(it.restarts), `${where}: restarts ${it.restarts}`);
  if (state === 'running') assert.ok(it.pid > 0, `${where}: pid of a running process`);
  if (it.exit !== null) {
    assert.deepEqual(Object.keys(it.exit).sort(), ['code', 'requested', 'signal', 'time'], `${where}: exit`);
    assert.ok((it.exit.code === null) !== (it.exit.signal === null), `${where}: a code or a signal: ${JSON.stringify(it.exit)}`);
  }
}

/** @param {any} it @param {string} where */
function checkWords(it, where) {
  const { state } = it;
  /** @type {Record<string, unknown>} */
  const message = {
    stopped: 'Stopped', starting: 'Starting...', stopping: 'Stopping...', error: it.error,
    running: it.port === null ? 'Running' : `Running :${it.port}`,
  };
  assert.equal(it.message, message[state], `${where}: message`);
  if (state === 'error') {
    assert.ok(typeof it.error === 'string' && it.error !== '', `${where}: error`);
    assert.ok(CAUSES.includes(it.cause), `${where}: cause ${it.cause}`);
    assert.ok(Array.isArray(it.output) && it.output.length <= 5, `${where}: output ${JSON.stringify(it.output)}`);
    for (const line of it.output) {
      assert.deepEqual(Object.keys(line).sort(), ['stream', 'text'], `${where}: a line of output`);
    }
  } else {
    for (const field of ['error', 'cause', 'output', 'restart']) assert.equal(it[field], null, `${where}: ${field}`);
  }
}

/** @param {any} it @param {string} where */
function checkEvidence(it, where) {
  if (it.state === 'running') {
    const { notifierPid, ...proofs } = it.evidence ?? {};
    assert.deepEqual(Object.keys(proofs).sort(), ['afterMs', 'http', 'line', 'listenerPid', 'port'], `${where}: evidence`);
    assert.ok(['undefined', 'number'].includes(typeof notifierPid), `${where}: evidence.notifierPid`);
    assert.ok(typeof it.evidence.afterMs === 'number' && it.evidence.afterMs >= 0, `${where}: evidence.afterMs`);
  } else {
    assert.equal(it.evidence, null, `${where}: evidence`);
  }
  if (it.state === 'stopping') {
    assert.ok(Array.isArray(it.survivors), `${where}: survivors ${JSON.stringify(it.survivors)}`);
    // Null as long as no SIGKILL is due: it waits for its spawn, or for those that are stopped before it.
    assert.ok(it.killAt === null || typeof it.killAt === 'number', `${where}: killAt`);
    for (const one of it.survivors) {
      assert.deepEqual([typeof one.pid, typeof one.name], ['number', 'string'], `${where}: a survivor`);
    }
  } else {
    assert.equal(it.survivors, null, `${where}: survivors`);
    assert.equal(it.killAt, null, `${where}: killAt`);
  }
}

/**
 * A whole stream: `seq` without a gap, the legal steps alone, and every event true to its state.
 * @param {Event[]} events in the order of arrival
 * @param {Record<string, number>} ports the configured port of each process that has one
 * @returns {string[]} what is wrong
 */
export function streamFaults(events, ports) {
  /** @type {Map<string, Event>} */
  const last = new Map();
  return events.flatMap((event, index) => {
    const before = last.get(event.id);
    last.set(event.id, event);
    try {
      checkEvent(event, events[index - 1], before, ports[event.id] ?? null);
      return [];
    } catch (error) {
      return [error instanceof Error ? error.message.split('\n')[0] : String(error)];
    }
  });
}

/** @param {Event[]} events @param {Record<string, number>} ports */
export function checkStream(events, ports) {
  assert.deepEqual(streamFaults(events, ports), [], 'the event stream');
}

/** @param {Event} event @param {Event | undefined} previous of any process @param {Event | undefined} before of its own @param {number | null} port */
function checkEvent(event, previous, before, port) {
  const where = `seq ${event.seq}, ${event.id} ${event.state}`;
  if (previous) assert.equal(event.seq, previous.seq + 1, `${where}: seq has a gap`);
  assert.equal(typeof event.timestamp, 'number', `${where}: timestamp`);
  assert.ok(typeof event.epoch === 'string' && event.epoch !== '', `${where}: epoch`);
  assert.equal(event.process.id, event.id, `${where}: id`);
  const bare = event.state === 'stopped' || event.state === 'stopping';
  checkProcess(event.process, bare ? null : port, where);
  if (before?.epoch === event.epoch) checkStep(before, event, where);
}

/** @param {Event} before @param {Event} event @param {string} where */
function checkStep(before, event, where) {
  assert.ok(STEPS[before.state].includes(event.state), `${where}: no step from ${before.state}`);
  const grown = event.process.generation - before.process.generation;
  // `starting` names the number that is about to be; a start that spawned nothing gives it back.
  const givenBack = grown === -1 && before.state === 'starting' && ['stopping', 'error'].includes(event.state);
  assert.ok(givenBack || grown === 0 || (grown === 1 && ['starting', 'running', 'error', 'stopping'].includes(event.state)), `${where}: generation grew by ${grown}`);
}
