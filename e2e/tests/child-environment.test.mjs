// What a process finds: environment, descriptors, signals, directory.
import assert from 'node:assert/strict';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { scenario, SLEEP } from '../lib/harness.mjs';
import { descriptors, environ } from '../lib/proc.mjs';
import { readFileSync } from 'node:fs';

const SLEEPER = ['sh', '-c', 'sleep 100000; :'];

scenario('the environment', async (directory) => {
  await writeFile(join(directory, 'extra.env'), 'FROM_FILE=yes\nBOTH=file\n');
  return {
    env: { INHERITED: 'i', SIGNALBOX_TOKEN: 'hush-hush-token' },
    headers: { authorization: 'Bearer hush-hush-token' },
    processes: { a: { command: SLEEPER, port: 'free', ready: { tcp: false }, env: { SET: 'here', BOTH: 'table' }, env_file: join(directory, 'extra.env') } },
  };
}, async ({ server, events, ports }) => {
  await server.order('start', 'a');
  for (const generation of [1, 2]) {
    const { pid } = await events.reach('a', 'running');
    const env = environ(pid);
    assert.equal(env?.get('SIGNALBOX_PROCESS_ID'), 'a');
    assert.equal(env?.get('SIGNALBOX_GENERATION'), String(generation));
    assert.equal(env?.get('PORT'), String(ports.a));
    assert.equal(env?.get('INHERITED'), 'i');
    assert.equal(env?.get('SET'), 'here');
    assert.equal(env?.get('FROM_FILE'), 'yes');
    assert.equal(env?.has('SIGNALBOX_TOKEN'), false, 'never the token');
    assert.ok(![...(env ?? new Map()).values()].includes('hush-hush-token'), 'never the token, under no name');
    await server.order('restart', 'a');
  }
  await events.reach('a', 'running');
});

scenario('three descriptors, no ignored and no blocked signal', {
  via: ['sh', '-c', 'trap "" INT HUP QUIT USR1 PIPE; exec 7</dev/null; exec "$0" "$@"'],
  processes: { a: { command: SLEEP } },
}, async ({ server, events }) => {
  await server.order('start', 'a');
  const { pid } = await events.expect('a', 'starting', 'running');
  assert.deepEqual([...descriptors(pid).keys()].sort(), [0, 1, 2], JSON.stringify([...descriptors(pid)]));
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  for (const mask of ['SigIgn', 'SigBlk']) {
    assert.match(status, new RegExp(`^${mask}:\\s+0000000000000000$`, 'm'), status.match(new RegExp(`${mask}.*`))?.[0]);
  }
});

scenario('cwd, and a plain string for sh', async (directory) => {
  await mkdir(join(directory, 'inside'));
  return { processes: { a: { command: 'echo "$PWD" && echo shell $((1 + 1))', cwd: join(directory, 'inside'), ready: { stdout: 'shell 2' } } } };
}, async ({ server, events }) => {
  await server.order('start', 'a');
  await events.expect('a', 'starting', 'running');
  await events.expect('a', 'stopped');
  const { lines } = await server.get('/api/processes/a/logs?tail=10');
  assert.match(lines[0].text, /\/inside$/);
  assert.equal(lines[1].text, 'shell 2');
});

scenario('its group is its own', { processes: { a: { command: SLEEPER } } }, async ({ server, events }) => {
  const { stat } = await import('../lib/proc.mjs');
  await server.order('start', 'a');
  const { pid } = await events.expect('a', 'starting', 'running');
  assert.equal(stat(pid)?.pgrp, pid);
  assert.notEqual(stat(server.pid)?.pgrp, pid);
});
