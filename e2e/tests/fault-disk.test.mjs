// The data directory gives out while the server runs: states stay true, what cannot be kept is said, and what could be
// kept later is.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync, rmSync, unlinkSync, writeFileSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { child, scenario, SLEEP } from '../lib/harness.mjs';
import { inside, noSmallDisk, onSmallDisk, seenBy } from '../lib/limits.mjs';
import { eventually } from '../lib/time.mjs';

const quick = { command: SLEEP };
const talker = { command: child('say:one', 'poke', 'say:two', 'poke', 'say:three'), ready: { stdout: 'one' } };
const skip = noSmallDisk();

/** @typedef {import('../lib/harness.mjs').World} World */

/** Starts and stops again and again, and every event is right. @param {World} world @param {number} rounds */
async function work({ server, events }, rounds = 5) {
  for (let round = 0; round < rounds; round += 1) {
    await server.order('start', 'quick');
    await events.expect('quick', 'starting', 'running');
    await server.order('stop', 'quick');
    await events.expect('quick', 'stopping', 'stopped');
  }
}

/** Waits until the history is what the stream told. @param {World} world */
async function historyIsWhole({ server, events }) {
  const told = events.all.map((event) => event.seq);
  await eventually(async () => {
    const { events: kept } = await server.get('/api/history?limit=1000');
    return kept.map((/** @type {any} */ event) => event.seq).join() === told.join();
  }, `the history from 1 to ${told.at(-1)}`);
}

/** What the log of a process has. @param {import('../lib/harness.mjs').Server} server @param {string} id */
const texts = async (server, id) => (await server.get(`/api/processes/${id}/logs?tail=100`)).lines.map((/** @type {any} */ line) => line.text);

/** @param {import('../lib/harness.mjs').Server} server */
const addProvider = (server) => server.call('/api/providers', {
  method: 'POST', headers: { 'content-type': 'application/json' },
  body: JSON.stringify({ name: 'One more', type: 'openai', description: 'y'.repeat(1000) }),
});

/** Adds providers until one is refused. @param {import('../lib/harness.mjs').Server} server */
async function addProviders(server) {
  let kept = (await server.get('/api/providers')).total;
  for (;; kept += 1) {
    const answer = await addProvider(server);
    if (answer.status !== 201) return { kept, refused: answer };
  }
}

/** @param {string} size */
const smallDisk = (size) => async (/** @type {string} */ directory) => {
  const dataDir = join(directory, 'data');
  await mkdir(dataDir);
  return { dataDir, via: onSmallDisk(dataDir, size), processes: { quick, talker } };
};

if (!skip) {
  scenario('no space left: a warning, and once there is some, nothing is missing in the history', smallDisk('2m'), async (world) => {
    const { server, events } = world;
    await server.order('start', 'talker');
    const { pid } = await events.expect('talker', 'starting', 'running');
    await work(world);
    const ballast = seenBy(server.pid, join(server.dataDir, 'ballast'));
    assert.throws(() => { for (;;) writeFileSync(ballast, Buffer.alloc(4096), { flag: 'a' }); }, /ENOSPC/);
    await work(world, 40);
    process.kill(pid, 'SIGUSR2');
    await eventually(async () => (await texts(server, 'talker')).includes('two'), 'a line while there is no space');
    await eventually(() => /full/.test(server.stderr), `a warning\n${server.said}`);
    await historyIsWhole(world);
    const { kept, refused } = await addProviders(server);
    assert.ok(refused.status >= 500, `a change that cannot be kept is refused: ${refused.status} ${refused.text}`);
    assert.equal((await server.get('/api/providers')).total, kept);
    unlinkSync(ballast);
    await work(world);
    await historyIsWhole(world);
    assert.equal((await addProvider(server)).status, 201);
  });

  scenario('lines that did not fit are told where they are missing, and none is torn', (directory) => smallDisk('1m')(directory).then((options) => ({
    ...options, processes: { talker: { command: child('say:up', 'poke', 'flood:100000', 'say:full', 'poke', 'say:after'), ready: { stdout: '^up$' } } },
  })), async ({ server, events }) => {
    await server.order('start', 'talker');
    const { pid } = await events.expect('talker', 'starting', 'running');
    process.kill(pid, 'SIGUSR2');
    await eventually(async () => (await texts(server, 'talker')).at(-1) === 'full', 'the end of the flood');
    await eventually(() => /output cannot be written/.test(server.stderr), `a warning\n${server.said}`);
    inside(server.pid, 'mount', '-o', 'remount,size=16m', server.dataDir);
    process.kill(pid, 'SIGUSR2');
    const file = seenBy(server.pid, join(server.dataDir, 'logs/talker.log'));
    const said = await eventually(() => {
      const lines = readFileSync(file, 'utf8').split('\n').slice(0, -1).map((line) => line.split(' ').slice(3).join(' '));
      return lines.at(-1) === 'after' && lines;
    }, 'the last line');
    const missing = /^\[signalbox: (\d+) lines are missing here: the disk could not take them\]$/;
    const marks = said.filter((text) => missing.test(text));
    const odd = said.filter((text) => !missing.test(text) && !/^(up|full|after|flood \d+)$/.test(text));
    assert.deepEqual(odd, [], 'each line is one that was written');
    const sum = marks.reduce((total, text) => total + Number(missing.exec(text)?.[1]), 0);
    assert.equal(said.length - marks.length + sum, 100_003, `all are there or counted: ${marks}`);
  });
}

scenario('the database is locked by somebody else: events go out, and nothing is missing afterwards', { processes: { quick } }, async (world) => {
  const { server, t } = world;
  await work(world);
  const program = 'import sqlite3, sys\nc = sqlite3.connect(sys.argv[1], isolation_level=None)\nc.execute("BEGIN IMMEDIATE")\nprint("locked", flush=True)\nsys.stdin.read()';
  const thief = spawn('python3', ['-c', program, join(server.dataDir, 'signalbox.db')], { stdio: ['pipe', 'pipe', 'inherit'] });
  t.after(() => thief.kill('SIGKILL'));
  await once(thief.stdout, 'data');
  await work(world);
  await eventually(() => /locked/.test(server.stderr), `a warning\n${server.said}`);
  await work(world);
  thief.stdin.end();
  await once(thief, 'exit');
  await work(world);
  await historyIsWhole(world);
});

scenario('deleted: a warning that names it, states stay true, and what comes next is kept again', { processes: { quick, talker } }, async (world) => {
  const { server, events, again } = world;
  await work(world);
  await server.order('start', 'talker');
  const { pid } = await events.expect('talker', 'starting', 'running');
  const log = join(server.dataDir, 'logs/talker.log');
  await eventually(() => existsSync(log) && readFileSync(log, 'utf8').includes('one'), 'what was said is in the file');
  rmSync(server.dataDir, { recursive: true });
  process.kill(pid, 'SIGUSR2');
  await work(world);
  await eventually(() => server.stderr.includes(server.dataDir), `a warning\n${server.said}`);
  await eventually(() => existsSync(log) && existsSync(join(server.dataDir, 'signalbox.db')), `${readdirSync(server.cwd)}`);
  await work(world);
  const told = events.all.at(-1)?.seq ?? 0;
  await server.terminate();
  const next = await again();
  assert.ok((await next.get('/api/processes')).seq >= told, 'numbers go on');
  assert.ok((await texts(next, 'talker')).includes('two'));
});
