// Random orders, kills and crashes against real children; every announced state is compared with /proc.
//
//   node e2e/soak/run.mjs --minutes 20 [--seed N] [--clients N] [--pause MS] [--processes N] [--watchers N]
//
// `clients` give orders, `watchers` only watch: over WebSocket, polling and SSE, slow, restless, half of them over a bad
// network. Ends with 1 if anything announced was not so, if `seq` had a gap for any of them, if the server's own auditor
// disagrees, or if anything was left behind.
import { setTimeout as delay } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { Worker } from 'node:worker_threads';
import { parseEvent, streamFaults } from '../lib/invariants.mjs';
import { descriptors, residentBytes } from '../lib/proc.mjs';
import { SocketClient } from '../lib/socket.mjs';
import { eventually } from '../lib/time.mjs';
import { ALL_KINDS, children } from './children.mjs';
import { descriptorCounts, GROUP_DESCRIPTORS_EACH } from './figures.mjs';
import { Oracle } from './oracle.mjs';
import { attempt, claim, claimGoodEnd, claimNothingLeft, claimNoViolation, subject } from './trial.mjs';

/**
 * Descriptors that a server may gain while it works and keep: SQLite opens its -wal and -shm at the first write (2)
 * and a second connection for readers with the same files (3); a pooled client connection may wait to be closed (1).
 */
const DESCRIPTORS_ALLOWED = 6;

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '20' }, seed: { type: 'string', default: String(Date.now() % 1_000_000) },
    clients: { type: 'string', default: '4' }, pause: { type: 'string', default: '200' },
    processes: { type: 'string', default: String(ALL_KINDS) }, watchers: { type: 'string', default: '0' },
  },
});
const processes = children(Number(values.processes));
const minutes = Number(values.minutes);
const ids = Object.keys(processes);

const server = await subject('soak', { processes });
await attempt('soak', server, async () => {
  await warmUp();
  const before = await quietDescriptors();
  const memoryBefore = residentBytes(server.pid);
  await judge({ ...await storm(), before, memoryBefore });
}, 'no lie, nothing left behind');

/** Each process once, so that what is opened once and kept (output files, the database) is open. */
async function warmUp() {
  await server.post('/api/proxy/start');
  await delay(3000);
  await stopAll();
}

/** Everything stopped, whatever was going on. */
async function stopAll() {
  await server.post('/api/proxy/stop');
  await eventually(async () => {
    const { processes } = await server.get('/api/processes');
    return processes.every((/** @type {any} */ one) => one.state === 'stopped' || (one.state === 'error' && one.restart === null));
  }, 'everything stopped', 30_000);
}

/** The server's descriptors, by what they are, once the clients' connections are closed and the number stays. */
async function quietDescriptors() {
  let last = descriptorCounts(server.pid);
  await eventually(async () => {
    await delay(1000);
    const before = last;
    last = descriptorCounts(server.pid);
    return last.other === before.other && last.groups === before.groups;
  }, 'a constant number of descriptors');
  return { ...last, kinds: kindsOf(server.pid) };
}

/**
 * What the server's descriptors are of, without what tells two of a kind apart. Control groups and files of output are left
 * out: each process has some, the latter from its first line on.
 * @param {number} pid
 */
function kindsOf(pid) {
  const targets = [...descriptors(pid).values()].filter((target) => !target.startsWith('/sys/fs/cgroup/') && !target.includes('/logs/'));
  return targets.map((target) => target.replace(/:\[\d+\]$/, ''));
}

/** @param {string[]} before @param {string[]} after */
function gained(before, after) {
  const left = [...before];
  return after.filter((kind) => {
    const at = left.indexOf(kind);
    if (at >= 0) left.splice(at, 1);
    return at < 0;
  });
}

/** Runs the clients and watches every event as it arrives. */
async function storm() {
  const client = await SocketClient.connect(server.url);
  const oracle = new Oracle(server.marker, server.ports);
  /** @type {import('../lib/invariants.mjs').Event[]} */
  const events = [];
  client.socket.on('lifecycle:update', (data) => {
    const event = parseEvent(data);
    oracle.see(event);
    events.push(event);
  });
  const statusSeq = (await client.nextOf('proxy:status')).status.seq;
  let connected = true;
  client.socket.on('disconnect', () => { connected = false; });
  const expire = () => oracle.expire(() => server.get('/api/processes'));
  const look = setInterval(() => { void expire(); oracle.audit(); client.all.length = 0; }, 500);
  const until = Date.now() + minutes * 60_000;
  process.stdout.write(`soak: ${ids.length} processes, ${values.clients} clients, ${values.watchers} watchers, ${minutes} minutes, seed ${values.seed}\n`);
  const report = setInterval(() => {
    process.stdout.write(`  ${Math.round((until - Date.now()) / 1000)} s left: ${events.length} events, ${oracle.lies.length} lies, ${oracle.explained} explained, ${JSON.stringify(descriptorCounts(server.pid))} descriptors, ${Math.round(residentBytes(server.pid) / 1e6)} MB\n`);
  }, 30_000);
  const watched = watch(until);
  const acts = await Promise.all(Array.from({ length: Number(values.clients) }, (_, i) => act(i, until)));
  const { sums, faults: gaps } = await watched;
  clearInterval(report);
  await stopAll();
  const { seq } = await server.get('/api/processes');
  await eventually(() => (events.at(-1)?.seq ?? 0) >= seq || !connected, 'the last event');
  clearInterval(look);
  await expire();
  claim(connected, 'the client was never cut off');
  client.close();
  return { oracle, events, statusSeq, acts, sums, gaps };
}

/** @param {number} index @param {number} until @returns {Promise<{done: Record<string, number>, failures: string[]}>} */
function act(index, until) {
  return inThread('./actor.mjs', {
    url: server.url, ids, ports: server.ports, marker: server.marker, until, pauseMs: Number(values.pause), seed: Number(values.seed) * 31 + index,
  });
}

/** @param {number} until @returns {Promise<{sums: Record<string, any>, faults: string[]}>} */
function watch(until) {
  const floods = ids.filter((id) => id.startsWith('flood'));
  return inThread('./watchers.mjs', { url: server.url, until, count: Number(values.watchers), seed: Number(values.seed) * 37, floods });
}

/** What a thread says at its end. @param {string} file @param {any} workerData @returns {Promise<any>} */
function inThread(file, workerData) {
  return new Promise((done, fail) => {
    const worker = new Worker(new URL(file, import.meta.url), { workerData });
    worker.on('message', done);
    worker.on('error', fail);
  });
}

/** @param {number[]} sorted @param {number} share */
function quantile(sorted, share) {
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))];
}

/** @param {any} seen */
async function judge({ oracle, events, statusSeq, acts, sums, gaps, before, memoryBefore }) {
  claim(oracle.lies.length === 0, `${oracle.checked} announced states compared with /proc, ${oracle.lies.length} lies, ${oracle.explained} explained by the next event`);
  claim(events[0]?.seq === statusSeq + 1, `the first event follows the state on connect (${statusSeq}, ${events[0]?.seq})`);
  const wrong = streamFaults(events, server.ports);
  claim(wrong.length === 0, `seq without a gap, legal steps alone, every field true to its state: ${wrong.length} wrong ${wrong.slice(0, 10).join('; ')}`);
  claim(gaps.length === 0, `every watcher's stream in order and without a gap ${gaps.slice(0, 5).join('; ')}`);
  await claimNoViolation(server);
  const failures = acts.flatMap((/** @type {any} */ one) => one.failures);
  claim(failures.length === 0, `every order answered ${failures.length > 0 ? failures.slice(0, 5).join('; ') : ''}`);
  await claimNothingLeft(server);
  const after = await quietDescriptors();
  const [had, has] = [before.kinds.length, after.kinds.length];
  claim(has <= had + DESCRIPTORS_ALLOWED, `descriptors: ${had} before, ${has} after (${DESCRIPTORS_ALLOWED} more allowed)`);
  const outputs = after.other - has;
  claim(outputs <= ids.length, `of files of output: ${before.other - had} before, ${outputs} after (${ids.length} allowed)`);
  claim(after.groups <= GROUP_DESCRIPTORS_EACH * ids.length, `of control groups kept for the next start: ${before.groups} before, ${after.groups} after (${GROUP_DESCRIPTORS_EACH * ids.length} allowed)`);
  if (has > had) process.stdout.write(`     new: ${gained(before.kinds, after.kinds).join(', ')}\n`);
  process.stdout.write(`resident: ${Math.round(memoryBefore / 1e6)} MB before, ${Math.round(residentBytes(server.pid) / 1e6)} MB after\n`);
  await claimGoodEnd(server);
  const lag = oracle.lagMs.toSorted((/** @type {number} */ a, /** @type {number} */ b) => a - b);
  process.stdout.write(`events: ${JSON.stringify(oracle.counts)}; arrival after timestamp, ms: p50 ${quantile(lag, 0.5)}, p99 ${quantile(lag, 0.99)}, max ${lag.at(-1)}\n`);
  for (const [manner, { clients, events: heard, starts }] of Object.entries(sums)) {
    process.stdout.write(`watchers: ${clients} × ${manner}: ${heard} events, ${starts} times from the whole state\n`);
  }
  process.stdout.write(`actions: ${acts.map((/** @type {any} */ one) => JSON.stringify(one.done)).join(' ')}\n`);
}
