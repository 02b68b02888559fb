// One client of the soak, in a thread of its own: random orders, random kills.
import { setTimeout as delay } from 'node:timers/promises';
import { parentPort, workerData } from 'node:worker_threads';
import { run } from '../lib/harness.mjs';
import { call } from '../lib/http.mjs';
import { occupy } from '../lib/ports.mjs';
import { census } from '../lib/proc.mjs';
import { randomFrom } from './random.mjs';

const { url, ids, ports, marker, until, pauseMs } = workerData;
const random = randomFrom(workerData.seed);

/** @template T @param {T[]} list @returns {T} */
const pick = (list) => list[Math.floor(random() * list.length)];

const SIGNALS = ['SIGKILL', 'SIGKILL', 'SIGTERM', 'SIGINT', 'SIGHUP', 'SIGSEGV', 'SIGABRT', 'SIGUSR1', 'SIGPIPE', 'SIGQUIT', 'SIGSTOP'];
/** @type {Record<string, number>} */
const done = {};
/** @type {string[]} */
const failures = [];

/** @param {string} path */
async function post(path) {
  const answer = await call(url + path, { method: 'POST' });
  if (answer.status !== 200 && answer.status !== 504) failures.push(`POST ${path}: ${answer.status} ${answer.text}`);
}

/** A signal to somebody of a tree. SIGSTOP is lifted after a while. */
async function kill() {
  const id = pick(ids);
  const tree = census(marker, id);
  if (tree.length === 0) return;
  const { pid } = pick(tree);
  const signal = pick(SIGNALS);
  try {
    process.kill(pid, signal);
    if (signal === 'SIGSTOP') {
      await delay(random() * 500);
      process.kill(pid, 'SIGCONT');
    }
  } catch {
    // Already gone.
  }
}

/** A stranger takes a port for a moment. */
async function occupyForAMoment() {
  try {
    const stranger = await occupy(pick(Object.values(ports)));
    await delay(random() * 200);
    stranger.close();
  } catch {
    // Somebody holds it.
  }
}

/** @type {Array<[number, string, () => Promise<unknown>]>} */
const ACTIONS = [
  [30, 'start', () => post(`/api/processes/${pick(ids)}/start`)],
  [20, 'stop', () => post(`/api/processes/${pick(ids)}/stop`)],
  [15, 'restart', () => post(`/api/processes/${pick(ids)}/restart`)],
  [5, 'start and wait', () => post(`/api/processes/${pick(ids)}/start?wait=1`)],
  [5, 'stop and wait', () => post(`/api/processes/${pick(ids)}/stop?wait=1`)],
  [1, 'start all', () => post('/api/proxy/start')],
  [0.5, 'stop all', () => post('/api/proxy/stop')],
  [30, 'kill', kill],
  [4, 'stranger on a port', occupyForAMoment],
  [0.5, 'command line', () => run([pick(['start', 'stop', 'restart']), pick(ids), '--no-wait'], { env: { SIGNALBOX_URL: url } })],
];
const total = ACTIONS.reduce((sum, [weight]) => sum + weight, 0);

function next() {
  let left = random() * total;
  return ACTIONS.find(([weight]) => (left -= weight) < 0) ?? ACTIONS[0];
}

while (Date.now() < until) {
  const [, name, action] = next();
  done[name] = (done[name] ?? 0) + 1;
  try {
    await action();
  } catch (error) {
    failures.push(`${name}: ${error}`);
  }
  if (random() < 0.8) await delay(random() * pauseMs);
}
parentPort?.postMessage({ done, failures });
