// The program cannot be started: `starting`, then `error`; never retried.
import assert from 'node:assert/strict';
import { chmod, chown, mkdir, rmdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { scenario } from '../lib/harness.mjs';

const always = { policy: 'always', backoff: '10ms' };

scenario('a missing program', {
  processes: {
    bare: { command: ['no-such-program-here', 'x'], restart: always },
    path: { command: ['/nowhere/prog'], restart: always },
  },
}, async ({ server, events }) => {
  for (const [id, program] of [['bare', 'no-such-program-here'], ['path', '/nowhere/prog']]) {
    await server.order('start', id);
    const failed = await events.expect(id, 'starting', 'error');
    assert.equal(failed.error, `Cannot start: ${program}: not found`);
    assert.equal(failed.cause, 'cannot_start');
    assert.equal(failed.restart, null);
    assert.equal(failed.exit, null);
    assert.equal(failed.pid, null);
    assert.deepEqual(failed.output, []);
  }
  await events.quiet('bare', 300);
});

scenario('a start that spawned nothing keeps the generation', {
  processes: { a: { command: ['no-such-program-here'] } },
}, async ({ server, events }) => {
  const before = await server.state('a');
  await server.order('start', 'a');
  const failed = await events.expect('a', 'starting', 'error');
  assert.equal(failed.generation, before.generation);
  await server.order('start', 'a');
  assert.equal((await events.expect('a', 'starting', 'error')).generation, before.generation);
});

scenario('a file that may not be run', async (directory) => {
  const file = join(directory, 'plain.txt');
  await writeFile(file, 'not a program');
  return { processes: { a: { command: [file] } } };
}, async ({ server, events }) => {
  await server.order('start', 'a');
  const failed = await events.expect('a', 'starting', 'error');
  assert.match(failed.error, /^Cannot start: \/.*plain\.txt: [Pp]ermission denied/);
  assert.equal(failed.cause, 'cannot_start');
});

scenario('a working directory that is not there any more', async (directory) => {
  await mkdir(join(directory, 'gone'));
  return { processes: { a: { command: ['sleep', '1000'], cwd: join(directory, 'gone') } } };
}, async ({ server, events, directory }) => {
  await rmdir(join(directory, 'gone'));
  await server.order('start', 'a');
  const failed = await events.expect('a', 'starting', 'error');
  assert.match(failed.error, /^Cannot start: sleep: /);
  assert.ok(failed.error.includes(join(directory, 'gone')), `names the directory, not the program, as what is missing: ${failed.error}`);
});

const root = process.getuid?.() === 0;

scenario('a program in a directory that this user may not enter', async (directory) => {
  const [locked, dataDir] = [join(directory, 'locked'), join(directory, 'data')];
  await mkdir(locked);
  await mkdir(dataDir);
  await writeFile(join(locked, 'prog'), '#!/bin/sh\nexec sleep 1000\n', { mode: 0o755 });
  await chmod(locked, 0o600);
  // Root may enter all: the server is somebody else then.
  if (root) await chown(dataDir, 65_534, 65_534);
  return { processes: { a: { command: [join(locked, 'prog')] } }, dataDir, uid: root ? 65_534 : undefined };
}, async ({ server, events, directory }) => {
  await server.order('start', 'a');
  const failed = await events.expect('a', 'starting', 'error');
  assert.equal(failed.error, `Cannot start: ${join(directory, 'locked', 'prog')}: permission denied`);
  assert.equal(failed.cause, 'cannot_start');
  await chmod(join(directory, 'locked'), 0o755);
  await server.order('start', 'a');
  await events.expect('a', 'starting', 'running');
});

scenario('a file that may be run and is no program', async (directory) => {
  const file = join(directory, 'garbage');
  await writeFile(file, Buffer.of(0x7f, 0x45, 0x4c, 0x46, 1, 2, 3), { mode: 0o755 });
  return { processes: { a: { command: [file] } } };
}, async ({ server, events }) => {
  await server.order('start', 'a');
  const failed = await events.expect('a', 'starting', 'error');
  assert.match(failed.error, /^Cannot start: \/.*garbage: exec format error$/);
});
