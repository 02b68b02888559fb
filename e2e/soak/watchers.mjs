// The watching clients of the soak, in a thread of their own: of each manner some, half of them over a bad network.
import { setTimeout as delay } from 'node:timers/promises';
import { parentPort, workerData } from 'node:worker_threads';
import { randomFrom } from './random.mjs';
import { relay } from './relay.mjs';
import { socketClient, sseClient, Stream } from './watcher.mjs';

const { url, until, count, seed, floods } = workerData;
const random = randomFrom(seed);

/** @typedef {import('./watcher.mjs').Watch} Watch */

/** @type {Array<[string, (watch: Watch) => Promise<void>]>} */
const MANNERS = [
  ['WebSocket', (watch) => socketClient(watch, ['websocket'], false)],
  ['SSE', (watch) => sseClient(watch, {})],
  ['polling', (watch) => socketClient(watch, ['polling'], false)],
  ['upgrade', (watch) => socketClient(watch, ['polling', 'websocket'], true)],
  ['slow SSE', (watch) => sseClient(watch, { pauseMs: 2_000 })],
  ['restless WebSocket', (watch) => socketClient(watch, ['websocket'], true)],
  ['restless SSE', (watch) => sseClient(watch, { stayMs: 3_000 })],
  ['WebSocket that reads a flood', (watch) => socketClient({ ...watch, logsOf: floods[0] ?? null }, ['websocket'], false)],
  ['SSE that hardly reads', (watch) => sseClient(watch, { pauseMs: 20_000 })],
];

const bad = await relay(Number(new URL(url).port), random);
/** @type {Record<string, {clients: number, events: number, starts: number}>} */
const sums = {};
/** @type {string[]} */
const faults = [];

await Promise.all(Array.from({ length: count }, async (_, index) => {
  const [name, watch] = MANNERS[index % MANNERS.length];
  const isBad = index % 2 === 1;
  const stream = new Stream(`${name} ${index}${isBad ? ' over a bad network' : ''}`);
  await delay(random() * 1_000);
  await watch({ url: isBad ? `http://127.0.0.1:${bad.port}` : url, until, random, stream, logsOf: null });
  const sum = (sums[name] ??= { clients: 0, events: 0, starts: 0 });
  sum.clients += 1;
  sum.events += stream.events;
  sum.starts += stream.starts;
  faults.push(...stream.faults);
}));
bad.close();
parentPort?.postMessage({ sums, faults });
