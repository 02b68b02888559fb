// Starts and stops, again and again, of several processes at once: whether the server grows by it.
//
//   node e2e/soak/endurance.mjs --cycles 100000 [--samples 40]
//
// Between two samples everything is stopped, so that they are of the same. Ends with 1 if a figure grew, if a file became
// bigger than it may be, if an order did not lead to what it should, if `seq` had a gap, or if anything was left behind.
import http from 'node:http';
import { parseArgs } from 'node:util';
import { SLEEP } from '../lib/harness.mjs';
import { SocketClient } from '../lib/socket.mjs';
import { eventually } from '../lib/time.mjs';
import { figures, GROUP_DESCRIPTORS_EACH, growth, HEAD, row } from './figures.mjs';
import { attempt, claim, claimGoodEnd, claimNothingLeft, claimNoViolation, fault, subject } from './trial.mjs';

const MIB = 1024 * 1024;
/** Small enough to be full long before the second quarter of a long run. */
const KEPT = { journal_mb: 10, log_file_mb: 1, log_files: 2 };
/** Beyond its limit: one batch, and the side files. */
const JOURNAL_SLACK = 6 * MIB;
/** In fewer cycles the rings of events and lines do not fill, so that they still grow. */
const JUDGED_FROM = 20_000;
/** How many threads there may be for what blocks; they stay once they are there. */
const BLOCKING_THREADS = 16;

const spoken = { command: 'echo up; seq 1 100; exec sleep 100000', ready: { stdout: 'up' } };
const tree = { command: 'sleep 100000 & echo up; wait', ready: { stdout: 'up' } };
const processes = {
  plain: { command: SLEEP }, plain2: { command: SLEEP }, spoken, spoken2: spoken, tree, tree2: tree,
  failing: { command: 'echo no >&2; exit 3', ready: { stdout: 'up' } },
  router: { builtin: 'provider-router', port: 'free', after: [] },
};
const ids = Object.keys(processes);

const { values } = parseArgs({ options: { cycles: { type: 'string', default: '100000' }, samples: { type: 'string', default: '40' } } });
const [cycles, samples] = [Number(values.cycles), Number(values.samples)];

const server = await subject('endurance', { processes, server: KEPT, args: ['--no-start'], env: { SIGNALBOX_LOG: 'warn' } });
await attempt('endurance', server, endure, `${cycles < JUDGED_FROM ? '' : 'nothing grew, '}nothing was left behind`);

async function endure() {
  // Each process twice, so that what is opened once and kept is open.
  await batch(2 * ids.length);
  const begin = await look();
  const watcher = await watch();
  const taken = [];
  const began = performance.now();
  process.stdout.write(`endurance: ${ids.length} processes, ${cycles} cycles of start and stop\n${HEAD}\n${row('begin', begin)}\n`);
  for (let n = 1; n <= samples; n += 1) {
    const upto = (/** @type {number} */ of) => Math.floor((cycles * of) / samples);
    await batch(upto(n) - upto(n - 1));
    await watcher.caughtUp();
    taken.push(await look());
    process.stdout.write(`${row(String(upto(n)), taken[taken.length - 1])}\n`);
  }
  const seconds = (performance.now() - began) / 1000;
  process.stdout.write(`${(cycles / seconds).toFixed(0)} cycles a second, ${watcher.count()} events\n`);
  watcher.close();
  judge(taken);
  await judgeEnd(begin);
}

/** So many cycles, each process as many as it comes to; then all are stopped. @param {number} count */
async function batch(count) {
  const agent = new http.Agent({ keepAlive: true, maxSockets: ids.length });
  let left = count;
  await Promise.all(ids.map(async (id) => {
    while (left > 0) {
      left -= 1;
      await order(agent, id, 'start', id === 'failing' ? 'error' : 'running');
      await order(agent, id, 'stop', 'stopped');
    }
  }));
  agent.destroy();
}

/** @param {http.Agent} agent @param {string} id @param {string} verb @param {string} state what it leads to */
async function order(agent, id, verb, state) {
  const { status, json, text } = await server.call(`/api/processes/${id}/${verb}?wait=60`, { method: 'POST', agent });
  if (status !== 200 || json.state !== state) throw new Error(`${verb} ${id}: ${status} ${text}`);
}

/** What the server takes while all is stopped, and the connections of the last batch are gone. */
async function look() {
  // What was announced is on disk once this is answered.
  await server.get('/api/history?limit=1');
  const now = async () => figures(server, (await server.call('/metrics')).text);
  let last = await now();
  await eventually(async () => {
    const before = last;
    last = await now();
    return before.descriptors === last.descriptors && before.tasks === last.tasks;
  }, 'a server at rest');
  return last;
}

/** A client that sees every event, and that none is missing. */
async function watch() {
  const client = await SocketClient.connect(server.url);
  const first = (await client.nextOf('proxy:status')).status.seq;
  let last = first;
  client.socket.on('lifecycle:update', ({ seq }) => {
    if (seq !== last + 1) fault(`after event ${last} came ${seq}`);
    last = seq;
    client.all.length = 0;
  });
  return {
    caughtUp: async () => {
      const { seq } = await server.get('/api/processes');
      await eventually(() => last >= seq, `event ${seq}`);
    },
    count: () => last - first,
    close: () => client.close(),
  };
}

/** @param {import('./figures.mjs').Figures[]} taken */
function judge(taken) {
  if (cycles < JUDGED_FROM) {
    process.stdout.write(`     fewer than ${JUDGED_FROM} cycles: too few to see whether something grows\n`);
  } else {
    const grown = growth(taken);
    claim(grown.length === 0, `nothing grows ${grown.join('; ')}`);
  }
  const most = (/** @type {'journal' | 'logs' | 'groups'} */ name) => Math.max(...taken.map((sample) => sample[name]));
  const journal = KEPT.journal_mb * MIB + JOURNAL_SLACK;
  claim(most('journal') <= journal, `the journal took ${most('journal')} bytes at most, ${journal} are allowed`);
  const logs = ids.length * KEPT.log_files * (KEPT.log_file_mb * MIB + 1024);
  // One more was made to try whether groups can be used.
  const groups = GROUP_DESCRIPTORS_EACH * ids.length + 2;
  claim(most('groups') <= groups, `descriptors of groups: ${most('groups')} at most, ${groups} are allowed`);
  claim(most('logs') <= logs, `the logs took ${most('logs')} bytes at most, ${logs} are allowed`);
}

/** @param {import('./figures.mjs').Figures} begin */
async function judgeEnd(begin) {
  const end = await look();
  claim(end.descriptors <= begin.descriptors, `descriptors: ${begin.descriptors} at the beginning, ${end.descriptors} at the end`);
  claim(end.tasks <= begin.tasks, `tasks: ${begin.tasks} at the beginning, ${end.tasks} at the end`);
  claim(end.threads <= begin.threads + BLOCKING_THREADS, `threads: ${begin.threads} at the beginning, ${end.threads} at the end`);
  await claimNothingLeft(server);
  await claimNoViolation(server);
  await claimGoodEnd(server);
}
