// A data directory that is damaged or cannot be written: a warning, and it works.
import assert from 'node:assert/strict';
import { readdirSync, readFileSync, statSync, writeFileSync, truncateSync } from 'node:fs';
import { cp, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { scenario, SLEEP } from '../lib/harness.mjs';
import { eventually } from '../lib/time.mjs';

const processes = { a: { command: SLEEP } };

/** @param {string} directory @returns {string[]} */
const databases = (directory) => readdirSync(directory).map((name) => join(directory, name)).filter((path) => {
  if (!statSync(path).isFile()) return false;
  return readFileSync(path).subarray(0, 15).toString() === 'SQLite format 3';
});

/** Starts and stops, and every event is right. @param {import('../lib/harness.mjs').Server} server */
async function works(server) {
  const events = await server.events((await server.get('/api/processes')).seq);
  await server.order('start', 'a');
  await events.expect('a', 'starting', 'running');
  await server.order('stop', 'a');
  await events.expect('a', 'stopping', 'stopped');
}

/** @param {string} what @param {(file: string) => void} damage */
function damaged(what, damage) {
  scenario(what, { processes }, async ({ server, events, again }) => {
    for (let round = 0; round < 30; round += 1) {
      await server.order('start', 'a');
      await events.reach('a', 'running');
      await server.order('stop', 'a');
      await events.reach('a', 'stopped');
    }
    await server.terminate();
    const found = databases(server.dataDir);
    assert.ok(found.length > 0, `a database in ${readdirSync(server.dataDir)}`);
    for (const file of found) damage(file);
    const next = await again();
    await works(next);
    assert.match(next.stderr, /warn|damaged|corrupt|malformed/i, `a warning\n${next.said}`);
    assert.ok(found.some((file) => next.stderr.includes(file)) || next.stderr.includes(server.dataDir), `which names the file\n${next.said}`);
  });
}

damaged('a corrupt database', (file) => {
  writeFileSync(file, Buffer.concat([Buffer.from('this is no database at all '), readFileSync(file).subarray(27)]));
});
damaged('a corrupt page inside', (file) => {
  const bytes = readFileSync(file);
  bytes.fill(0xa5, 4096, bytes.length);
  writeFileSync(file, bytes);
});
damaged('a database cut short', (file) => truncateSync(file, 4096 + 1234));

scenario('a copy of a data directory that is in use: what its server started lives on', { processes }, async ({ server, events, again, directory }) => {
  await server.order('start', 'a');
  const { pid } = await events.expect('a', 'starting', 'running');
  const dataDir = join(directory, 'copied');
  await cp(server.dataDir, dataDir, { recursive: true, filter: (path) => !statSync(path).isSocket() });
  const second = await again({ dataDir });
  assert.ok(second.stderr.includes(`the data directory is a copy of one that a running server uses (pid ${server.pid})`), second.said);
  const { state, pid: now } = await server.state('a');
  assert.deepEqual([state, now], ['running', pid]);
  await works(second);
  const { state: still } = await server.state('a');
  assert.equal(still, 'running');
});

scenario('a write-ahead log cut short', { processes }, async ({ server, events, again }) => {
  for (let round = 0; round < 20; round += 1) {
    await server.order('start', 'a');
    await events.reach('a', 'running');
    await server.order('stop', 'a');
    await events.reach('a', 'stopped');
  }
  server.signal('SIGKILL');
  await server.exited;
  for (const name of readdirSync(server.dataDir).filter((one) => one.endsWith('-wal'))) {
    const file = join(server.dataDir, name);
    truncateSync(file, Math.floor(statSync(file).size / 2) + 7);
  }
  const next = await again();
  const { events: history } = await next.get('/api/history?limit=1000');
  const seqs = history.map((/** @type {any} */ event) => event.seq);
  assert.deepEqual(seqs, seqs.map((/** @type {any} */ _, /** @type {number} */ i) => seqs[0] + i));
  await works(next);
});

scenario('an empty database file', async () => ({ processes }), async ({ server, again }) => {
  await server.terminate();
  for (const file of databases(server.dataDir)) truncateSync(file, 0);
  await works(await again());
});

const root = process.getuid?.() === 0;

scenario('a read-only data directory: a warning, and it works', async (directory) => {
  const dataDir = join(directory, 'data');
  await mkdir(dataDir, { mode: root ? 0o755 : 0o555 });
  return { processes, dataDir, uid: root ? 65_534 : undefined };
}, async ({ server }) => {
  await works(server);
  await eventually(() => server.stderr.includes(server.dataDir), `a warning that names it\n${server.said}`);
});
