// When `up` cannot: the exit code and what is named.
import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { run, scenario, scratch, SLEEP } from '../lib/harness.mjs';
import { freePort, occupy } from '../lib/ports.mjs';

const CONFIG = '[process.a]\ncommand = ["sleep", "100000"]\nautostart = true\n';

/** @param {(directory: string, config: string) => Promise<void>} body */
async function inScratch(body) {
  const { directory, remove } = await scratch();
  try {
    const config = join(directory, 'signalbox.toml');
    await writeFile(config, CONFIG);
    await body(directory, config);
  } finally {
    await remove();
  }
}

test('1: the address is in use, and named', () => inScratch(async (directory, config) => {
  const port = await freePort();
  const stranger = await occupy(port);
  const ended = await run(['up', '--config', config, '--listen', `127.0.0.1:${port}`, '--data-dir', join(directory, 'data')]);
  stranger.close();
  assert.equal(ended.code, 1, ended.stderr);
  assert.match(ended.stderr, new RegExp(`127\\.0\\.0\\.1:${port}`));
  assert.equal(ended.stdout, '');
}));

scenario('1: the data directory is in use by another server, and named; that one goes on', { processes: { a: { command: SLEEP } } }, async ({ server, events }) => {
  await server.order('start', 'a');
  const { pid } = await events.expect('a', 'starting', 'running');
  const ended = await run(['up', '--config', join(server.cwd, 'signalbox.toml'), '--listen', '127.0.0.1:0', '--data-dir', server.dataDir]);
  assert.equal(ended.code, 1, ended.stderr);
  assert.ok(ended.stderr.includes(`${server.dataDir} is in use by another server (pid ${server.pid})`), ended.stderr);
  const state = await server.state('a');
  assert.deepEqual([state.state, state.pid], ['running', pid]);
});

test('1: the data directory is a file', () => inScratch(async (directory, config) => {
  const file = join(directory, 'file');
  await writeFile(file, '');
  const ended = await run(['up', '--config', config, '--listen', '127.0.0.1:0', '--data-dir', file]);
  assert.equal(ended.code, 1, ended.stderr);
  assert.ok(ended.stderr.includes(file), ended.stderr);
}));

test('2: no such configuration, or a wrong one', () => inScratch(async (directory, config) => {
  const data = ['--listen', '127.0.0.1:0', '--data-dir', join(directory, 'data')];
  const missing = await run(['up', '--config', join(directory, 'absent.toml'), ...data]);
  assert.equal(missing.code, 2, missing.stderr);
  assert.match(missing.stderr, /absent\.toml/);
  await writeFile(config, '[process.a]\ncomand = ["x"]\n');
  const wrong = await run(['up', '--config', config, ...data]);
  assert.equal(wrong.code, 2, wrong.stderr);
}));

test('2: a listen address that is none', () => inScratch(async (directory, config) => {
  const ended = await run(['up', '--config', config, '--listen', 'over there', '--data-dir', join(directory, 'data')]);
  assert.equal(ended.code, 2, ended.stderr);
}));
