// Output: lines in bounded memory, whatever is written.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { child, scenario } from '../lib/harness.mjs';
import { residentBytes } from '../lib/proc.mjs';
import { eventually } from '../lib/time.mjs';

/** @param {import('../lib/harness.mjs').Server} server @param {string} query */
const logs = async (server, query = '?tail=100') => (await server.get(`/api/processes/a/logs${query}`)).lines;

scenario('the fields of a line, its order and the tail', {
  processes: { a: { command: child('say:one', 'say:two', 'say:three'), ready: { stdout: 'three' } } },
}, async ({ server, events }) => {
  await server.order('start', 'a');
  await events.expect('a', 'starting', 'running');
  const lines = await logs(server);
  assert.deepEqual(lines.map((/** @type {any} */ line) => line.text), ['one', 'two', 'three']);
  for (const line of lines) {
    assert.deepEqual(Object.keys(line).sort(), ['seq', 'stream', 'text', 'time']);
    assert.equal(line.stream, 'stdout');
    assert.ok(Math.abs(Date.now() - line.time) < 60_000);
  }
  assert.ok(lines[0].seq < lines[1].seq && lines[1].seq < lines[2].seq);
  assert.deepEqual((await logs(server, '?tail=2')).map((/** @type {any} */ line) => line.text), ['two', 'three']);
});

scenario('both streams, invalid UTF-8, no final newline', {
  processes: { a: { command: child('say:out', 'err:err', 'hex:41fffe420a', 'raw:tail', 'exit:0'), ready: { stdout: 'out' } } },
}, async ({ server, events }) => {
  await server.order('start', 'a');
  await events.reach('a', 'stopped');
  const lines = await logs(server);
  assert.ok(lines.some((/** @type {any} */ line) => line.stream === 'stderr' && line.text === 'err'));
  const out = lines.filter((/** @type {any} */ line) => line.stream === 'stdout').map((/** @type {any} */ line) => line.text);
  assert.deepEqual(out, ['out', 'A\ufffd\ufffdB', 'tail']);
});

scenario('one line of 60 MB: memory stays bounded, the next line is there', {
  processes: { a: { command: child('line:60000000', 'say:after'), ready: { stdout: '^after$', timeout: '60s' } } },
}, async ({ server, events }) => {
  await server.order('start', 'a');
  await events.expect('a', 'starting', 'running');
  assert.ok(residentBytes(server.pid) < 60_000_000, `${residentBytes(server.pid)} bytes resident`);
  assert.equal((await logs(server, '?tail=1'))[0].text, 'after');
});

scenario('a flood: the last lines are right, the server answers meanwhile', {
  processes: { a: { command: child('say:go', 'flood:300000', 'say:after'), ready: { stdout: '^go$' } } },
}, async ({ server, events }) => {
  await server.order('start', 'a');
  await events.expect('a', 'starting', 'running');
  assert.equal((await server.get('/api/health')).status, 'ok');
  await eventually(async () => (await logs(server, '?tail=1'))[0]?.text === 'after', 'the end of the flood');
  const lines = await logs(server, '?tail=50');
  assert.equal(lines.length, 50);
  assert.equal(lines[48].text, 'flood 300000');
  lines.slice(1).forEach((/** @type {any} */ line, /** @type {number} */ i) => assert.equal(line.seq, lines[i].seq + 1));
});

scenario('a burst before the end: every line of it is kept, in memory and in the file', {
  processes: { a: { command: ['sh', '-c', 'seq 1 300000; echo "FATAL: reason" >&2; exit 3'] } },
}, async ({ server, events }) => {
  await server.order('start', 'a');
  await events.reach('a', 'error');
  const tail = await logs(server, '?tail=10000');
  assert.equal(tail.length, 10_000);
  assert.deepEqual(tail.map((/** @type {any} */ line) => line.seq), Array.from({ length: 10_000 }, (_, i) => 290_002 + i));
  assert.equal(tail.at(-1).text, 'FATAL: reason');
  const kept = readFileSync(join(server.dataDir, 'logs/a.log'), 'utf8').split('\n').slice(0, -1).map((line) => line.split(' ').slice(3).join(' '));
  assert.deepEqual(kept, [...Array.from({ length: 300_000 }, (_, i) => `${i + 1}`), 'FATAL: reason']);
});

scenario('closed stdout and stderr: it stays running', {
  processes: { a: { command: child('say:up', 'mute', 'wait:600000'), ready: { stdout: 'up' } } },
}, async ({ server, events }) => {
  await server.order('start', 'a');
  await events.expect('a', 'starting', 'running');
  await events.quiet('a', 700);
});

scenario('binary output: all 256 bytes and colours, told as text, and the ready line after it', {
  processes: {
    a: {
      command: child(`hex:${Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0')).join('')}0a`, 'hex:1b5b33316d726564001b5b306d0a', 'say:up'),
      ready: { stdout: '^up$' },
    },
  },
}, async ({ server, events }) => {
  await server.order('start', 'a');
  await events.expect('a', 'starting', 'running');
  const texts = (await logs(server)).map((/** @type {any} */ line) => line.text);
  assert.equal(texts.at(-1), 'up');
  assert.equal(texts.at(-2), '\u001b[31mred\u0000\u001b[0m');
  assert.equal(texts.join('').match(/\ufffd/g)?.length, 128, 'what is no UTF-8 is replaced, nothing is left out');
});

scenario('stdout closed before it is ready: the port proves it all the same', {
  processes: { a: { command: child('mute', 'wait:200', 'listen'), port: 'free' } },
}, async ({ server, events }) => {
  await server.order('start', 'a');
  const { evidence } = await events.expect('a', 'starting', 'running');
  assert.equal(evidence.line, null);
});

scenario('stdout closed before the ready line: not ready in time', {
  processes: { a: { command: child('mute', 'wait:600000'), ready: { stdout: 'up', timeout: '1s' } } },
}, async ({ server, events }) => {
  await server.order('start', 'a');
  assert.match((await events.expect('a', 'starting', 'stopping', 'error')).error, /^Startup timeout \(1s\): /);
});
