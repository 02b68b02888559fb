// How fast the dashboard is, in Chromium against the real server. It prints, and never fails for a slow machine.
import { cpus, loadavg } from 'node:os';
import { setTimeout as delay } from 'node:timers/promises';
import { child, launch, scratch, SLEEP } from '../lib/harness.mjs';
import { eventually } from '../lib/time.mjs';
import { launchChromium } from './lib/chromium.mjs';
import { isLive, order, rowShows } from './lib/find.mjs';
import { framesFor, timesOf, watchTime } from './lib/stopwatch.mjs';
import { quantile, spread, table } from './lib/table.mjs';

/** @typedef {import('./lib/table.mjs').Row} Row */
/** @typedef {import('playwright-core').Browser} Browser */
/** @typedef {import('../lib/harness.mjs').Server} Server */

const ROUNDS = 20;
const LOADS = 12;
const CROWD = 100;
const EVENTS_PER_S = 50;
const CROWD_MS = 8_000;
const FRAME_MS = 1_000 / 60;

/** How long Chromium is busy with a new window of its own, whose hundreds of scripts are not the dashboard's. */
const NEW_WINDOW_MS = 3_000;

/** How long nobody asks a page that loads for anything: each look from outside compiles a script of its own in it. */
const LOAD_MS = 1_000;

/**
 * With `apart`, nothing but the page itself is at work while it loads.
 * @param {Browser} browser @param {Server} server @param {{apart?: boolean}} [options]
 */
async function open(browser, server, { apart = false } = {}) {
  const context = await browser.newContext({ viewport: { width: 1280, height: 800 } });
  const page = await context.newPage();
  await page.addInitScript(watchTime);
  if (apart) await delay(NEW_WINDOW_MS);
  await page.goto(server.url);
  if (apart) await delay(LOAD_MS);
  await isLive(page);
  return page;
}

/** What follows each moment first, in ms. @param {number[]} moments @param {number[]} ends */
const delays = (moments, ends) => moments.flatMap((moment) => {
  const end = ends.find((one) => one >= moment);
  return end === undefined ? [] : [end - moment];
});

/** Clicks through starts and stops. @param {Browser} browser @param {Server} server @returns {Promise<Row[]>} */
async function cycles(browser, server) {
  const page = await open(browser, server);
  await rowShows(page, 'Alpha', 'Stopped');
  const before = await timesOf(page);
  for (let round = 0; round < ROUNDS; round += 1) {
    await order(page, 'Start', 'Alpha').click();
    await rowShows(page, 'Alpha', `Running :${server.ports.a}`);
    await order(page, 'Stop', 'Alpha').click();
    await rowShows(page, 'Alpha', 'Stopped');
  }
  const { clicks, events, painted, shifts } = await timesOf(page);
  const at = (/** @type {RegExp} */ text) => painted.filter((one) => text.test(one.text)).map((one) => one.at);
  const starts = clicks.filter((_, index) => index % 2 === 0);
  // Each cycle's events are starting, running, stopping, stopped; the first and the third say what is shown already.
  const news = events.filter((_, index) => index % 2 === 1);
  await page.context().close();
  return [
    spread('click to `Starting...` painted', 'ms', delays(starts, at(/^Starting/)), 50),
    spread('event received to painted', 'ms', delays(news, at(/^(Running|Stopped)/)), 2 * FRAME_MS),
    { name: `layout shift in ${ROUNDS} start and stop cycles`, unit: 'CLS', value: shifts - before.shifts, atMost: 0 },
  ];
}

/** Loads the page with nothing cached. @param {Browser} browser @param {Server} server @returns {Promise<Row[]>} */
async function loads(browser, server) {
  /** @type {number[]} */
  const first = [];
  /** @type {number[]} */
  const whole = [];
  let scripts = 0;
  for (let load = 0; load < LOADS; load += 1) {
    const page = await open(browser, server, { apart: true });
    await rowShows(page, 'Alpha', 'Stopped');
    const { painted } = await eventually(async () => {
      const times = await timesOf(page);
      return times.painted.length > 1 && times;
    }, 'the state is painted twice: as the server wrote it, and by the script');
    first.push(painted[0].at);
    whole.push(painted[1].at);
    // The other pages come ahead, once this one is there.
    scripts = await page.evaluate((until) => /** @type {PerformanceResourceTiming[]} */ (performance.getEntriesByType('resource'))
      .filter((entry) => entry.startTime < until && new URL(entry.name).pathname.endsWith('.js')).reduce((sum, entry) => sum + entry.encodedBodySize, 0), painted[1].at);
    await page.context().close();
  }
  return [
    { name: 'JavaScript of the first page, as sent', unit: 'KB', value: scripts / 1_000, atMost: 120 },
    // Not the first one, which warms the browser up.
    spread('navigation to the first true state painted', 'ms', first.slice(1), 300),
    spread('navigation to the page with all its buttons painted', 'ms', whole.slice(1)),
  ];
}

/** Starts and stops one after the other, each of which is two events. @param {Server} server @param {() => boolean} ended */
async function stir(server, ended) {
  const began = performance.now();
  /** @type {Promise<unknown>[]} */
  const orders = [];
  for (let step = 0; !ended(); step += 1) {
    const verb = Math.floor(step / CROWD) % 2 === 0 ? 'start' : 'stop';
    orders.push(server.order(verb, `p${step % CROWD}`));
    const due = began + (step + 1) * 2_000 / EVENTS_PER_S;
    await delay(Math.max(0, due - performance.now()));
  }
  await Promise.all(orders);
}

/** @param {Browser} browser @param {Server} server @returns {Promise<Row[]>} */
async function crowd(browser, server) {
  const page = await open(browser, server);
  await rowShows(page, 'Process 99', 'Stopped');
  const still = await framesFor(page, 2_000);
  const before = (await timesOf(page)).events.length;
  let ended = false;
  const stirring = stir(server, () => ended);
  const frames = await framesFor(page, CROWD_MS);
  const events = (await timesOf(page)).events.length - before;
  ended = true;
  await stirring;
  await page.context().close();
  const late = (/** @type {number[]} */ list) => 100 * list.filter((ms) => ms > 20).length / list.length;
  return [
    { name: `events a second, ${CROWD} processes`, unit: '1/s', value: events / (CROWD_MS / 1_000) },
    spread('frame meanwhile', 'ms', frames, FRAME_MS + 0.1),
    { name: 'frames over 20 ms', unit: '%', value: late(frames) },
    { name: 'longest frame', unit: 'ms', value: quantile(frames, 1) },
    { name: 'frames over 20 ms while nothing happens', unit: '%', value: late(still) },
  ];
}

/** @param {Record<string, any>} processes @param {(server: Server) => Promise<Row[]>} measure */
async function against(processes, measure) {
  const { directory, remove } = await scratch();
  const server = await launch({ processes }, directory);
  try {
    await server.listening();
    const rows = await measure(server);
    await server.terminate();
    return rows;
  } finally {
    server.destroy();
    await remove();
  }
}

const browser = await launchChromium();
try {
  console.log(`\nThe dashboard in Chromium ${browser.version()}: ${cpus().length} cores, load ${loadavg()[0].toFixed(2)}`);
  const alpha = { a: { title: 'Alpha', command: child('serve'), port: 'free' } };
  const many = Object.fromEntries(Array.from({ length: CROWD }, (_, index) => [`p${index}`, { title: `Process ${index}`, command: SLEEP }]));
  const rows = [
    ...await against(alpha, (server) => cycles(browser, server)),
    ...await against(alpha, (server) => loads(browser, server)),
    ...await against(many, (server) => crowd(browser, server)),
  ];
  console.log(table(rows));
} finally {
  await browser.close();
}
