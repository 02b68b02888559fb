// The client commands: what they do, what they print, how they exit.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { BINARY, child, cleanEnv, run, scenario, SLEEP } from '../lib/harness.mjs';
import { freePort } from '../lib/ports.mjs';
import { eventually } from '../lib/time.mjs';

const processes = {
  good: { command: child('say:hello there', 'say:up'), ready: { stdout: 'up' }, title: 'Good one' },
  bad: { command: ['sh', '-c', 'exit 3'], ready: { stdout: 'never' } },
  slow: { command: child('wait:600000'), ready: { stdout: 'never' } },
};

/** @param {{stdout: string, stderr: string}} ended */
const said = ({ stdout, stderr }) => `stdout: ${stdout}\nstderr: ${stderr}`;

scenario('start, status, stop', { processes }, async ({ server, events }) => {
  const started = await server.cli(['start', 'good']);
  assert.equal(started.code, 0, said(started));
  await events.expect('good', 'starting', 'running');
  const status = await server.cli(['status']);
  assert.equal(status.code, 0, said(status));
  assert.match(status.stdout, /good\b.*running/);
  assert.match(status.stdout, /bad\b.*stopped/i);
  assert.doesNotMatch(status.stdout, /\u001b\[/, 'no colours in a pipe');
  const stopped = await server.cli(['stop', 'good']);
  assert.equal(stopped.code, 0, said(stopped));
  await events.expect('good', 'stopping', 'stopped');
  assert.equal((await server.cli(['stop', 'good'])).code, 0, 'a second stop is no failure');
  const restarted = await server.cli(['restart', 'good']);
  assert.equal(restarted.code, 0, said(restarted));
  assert.equal((await server.state('good')).state, 'running');
});

scenario('the table has its columns, and what it says is so', { processes: { a: { command: child('listen'), port: 'free' }, bad: processes.bad } }, async ({ server, events, ports }) => {
  await server.cli(['start', 'a', 'bad']);
  const { pid } = await events.expect('a', 'starting', 'running');
  const { stdout } = await server.cli(['status']);
  for (const column of ['id', 'state', 'port', 'pid', 'uptime', 'restarts', 'message']) assert.match(stdout.split('\n').slice(0, 3).join(' '), new RegExp(`\\b${column}\\b`, 'i'), column);
  const row = stdout.split('\n').find((line) => /\ba\b/.test(line)) ?? '';
  for (const text of ['running', String(ports.a), String(pid), `Running :${ports.a}`]) assert.ok(row.includes(text), row);
  assert.match(stdout, /Process exited with code 3 during startup/);
});

scenario('status of some ids', { processes }, async ({ server }) => {
  const status = await server.cli(['status', 'good']);
  assert.equal(status.code, 0, said(status));
  assert.match(status.stdout, /good/);
  assert.doesNotMatch(status.stdout, /slow/);
});

scenario('--json prints one JSON document', { processes }, async ({ server }) => {
  for (const args of [['status'], ['status', 'good'], ['start', 'good'], ['restart', 'good'], ['logs', 'good'], ['events'], ['stop', 'good'], ['start', 'bad'], ['status', 'bad']]) {
    const ended = await server.cli([...args, '--json']);
    assert.doesNotThrow(() => JSON.parse(ended.stdout), `${args}: ${said(ended)}`);
  }
  const status = await server.cli(['status', 'good', '--json']);
  assert.match(status.stdout, /"state":\s*"stopped"/);
  assert.match(status.stdout, /"id":\s*"good"/);
});

/** @param {{stdout: string, stderr: string, code: number | null}} ended @param {number} code */
function failedInJson(ended, code) {
  assert.equal(ended.code, code, said(ended));
  assert.notEqual(ended.stderr, '', 'people are told as well');
  return JSON.parse(ended.stdout);
}

scenario('--json prints one JSON document of a failure too', { processes, headers: { authorization: 'Bearer correct-horse-battery-staple' }, env: { SIGNALBOX_TOKEN: 'correct-horse-battery-staple' } }, async ({ server }) => {
  const cli = (/** @type {string[]} */ ...args) => server.cli([...args, '--json'], { SIGNALBOX_TOKEN: 'correct-horse-battery-staple' });
  for (const args of [['status', 'nope'], ['start', 'good', 'nope'], ['stop', 'nope'], ['restart', 'nope'], ['logs', 'nope'], ['logs', 'nope', '-f']]) {
    const { success, error } = failedInJson(await cli(...args), 2);
    assert.equal(success, false);
    assert.deepEqual(Object.keys(error), ['message', 'type', 'code'], `${args}`);
    assert.match(error.message, /no process `nope`/);
    assert.equal(error.code, 'unknown_process');
  }
  const wrong = join(server.cwd, 'wrong');
  writeFileSync(wrong, 'wrong');
  for (const args of [['status'], ['start', 'good'], ['logs'], ['events'], ['events', '-f']]) {
    const { error } = failedInJson(await cli(...args, '--token-file', wrong), 1);
    assert.deepEqual([error.type, error.code], ['authentication_error', 'unauthorized'], `${args}`);
  }
  const nowhere = `http://127.0.0.1:${await freePort()}`;
  for (const args of [['status'], ['start'], ['logs', '-f'], ['events'], ['events', '-f']]) {
    const { error } = failedInJson(await cli(...args, '--url', nowhere), 3);
    assert.equal(error.code, 'no_server', `${args}`);
  }
  const { processes: [bad] } = failedInJson(await cli('start', 'bad'), 4);
  assert.equal(bad.state, 'error', 'what became of an order is the one document');
});

scenario('start with no id: all; one that fails makes it 4', { processes: { good: processes.good, bad: processes.bad } }, async ({ server }) => {
  const ended = await server.cli(['start']);
  assert.equal(ended.code, 4, said(ended));
  assert.match(ended.stdout + ended.stderr, /Process exited with code 3 during startup/);
  assert.equal((await server.state('good')).state, 'running');
  const stopped = await server.cli(['stop']);
  assert.equal(stopped.code, 0, said(stopped));
  assert.equal((await server.state('good')).state, 'stopped');
});

scenario('4: it did not reach the wanted state', { processes }, async ({ server }) => {
  const failed = await server.cli(['start', 'bad']);
  assert.equal(failed.code, 4, said(failed));
  assert.match(failed.stdout + failed.stderr, /Process exited with code 3 during startup/);
  const late = await server.cli(['start', 'slow', '--timeout', '1']);
  assert.equal(late.code, 4, said(late));
});

scenario('--no-wait comes back at once', { processes }, async ({ server, events }) => {
  const ended = await server.cli(['start', 'slow', '--no-wait']);
  assert.equal(ended.code, 0, said(ended));
  await events.expect('slow', 'starting');
});

scenario('2: an unknown id, an unknown option, an unknown command', { processes }, async ({ server }) => {
  for (const args of [['start', 'godo'], ['status', 'godo'], ['stop', 'godo'], ['logs', 'godo'], ['status', '--no-such-option'], ['dance'], ['start', 'good', 'godo']]) {
    const ended = await server.cli(args);
    assert.equal(ended.code, 2, `${args}: ${said(ended)}`);
    assert.equal(ended.stdout, '', `${args}: nothing on stdout`);
  }
  const ended = await server.cli(['start', 'godo']);
  assert.match(ended.stderr, /godo/);
  assert.match(ended.stderr, /good/, 'what there is, or the nearest');
  assert.equal((await server.state('good')).state, 'stopped', 'nothing was started');
});

test('3: no server answers', async () => {
  const url = `http://127.0.0.1:${await freePort()}`;
  for (const args of [['status'], ['start', 'a'], ['logs', 'a'], ['events']]) {
    const ended = await run([...args, '--url', url]);
    assert.equal(ended.code, 3, `${args}: ${said(ended)}`);
    assert.ok(ended.stderr.includes(url.slice(7)), 'the address is named');
  }
});

scenario('logs', { processes }, async ({ server }) => {
  await server.cli(['start', 'good']);
  const logs = await server.cli(['logs', 'good']);
  assert.equal(logs.code, 0, said(logs));
  assert.match(logs.stdout, /hello there/);
  const one = await server.cli(['logs', 'good', '-n', '1']);
  assert.doesNotMatch(one.stdout, /hello there/);
  assert.match(one.stdout, /up/);
});

scenario('events: one a line, --after', { processes }, async ({ server, events }) => {
  await server.cli(['start', 'good']);
  await server.cli(['stop', 'good']);
  await events.expect('good', 'starting', 'running', 'stopping', 'stopped');
  const all = await server.cli(['events', '--after', '0']);
  assert.equal(all.code, 0, said(all));
  const lines = all.stdout.trimEnd().split('\n').filter((line) => line.includes('good'));
  assert.equal(lines.length, 4, said(all));
  ['Starting...', 'Running', 'Stopping...', 'Stopped'].forEach((word, i) => assert.ok(lines[i].toLowerCase().includes(word.toLowerCase().replace('...', '')), lines[i]));
  const later = await server.cli(['events', '--after', String(events.all[2].seq)]);
  assert.equal(later.stdout.trimEnd().split('\n').filter((line) => line.includes('good')).length, 1, said(later));
});

/** Follows a command until its output matches, then interrupts it. @param {import('../lib/harness.mjs').Server} server @param {string[]} args */
function follow(server, args) {
  const running = spawn(BINARY, args, { env: cleanEnv({ SIGNALBOX_URL: server.url, HOME: server.cwd }), stdio: ['ignore', 'pipe', 'pipe'] });
  const state = { text: '' };
  running.stdout.on('data', (part) => { state.text += part; });
  return { state, running };
}

scenario('events -f and logs -f follow', {
  processes: { a: { command: child('say:first', 'say:up', 'poke', 'say:second'), ready: { stdout: 'up' } }, b: { command: SLEEP } },
}, async ({ server, events, t }) => {
  await server.order('start', 'a');
  const { pid } = await events.expect('a', 'starting', 'running');
  const tail = follow(server, ['logs', 'a', '-f']);
  const stream = follow(server, ['events', '-f', '--after', '0']);
  t.after(() => { tail.running.kill('SIGKILL'); stream.running.kill('SIGKILL'); });
  await eventually(() => tail.state.text.includes('first'), 'the tail');
  await eventually(() => /a\b.*running/i.test(stream.state.text), 'the replay');
  process.kill(pid, 'SIGUSR2');
  await eventually(() => tail.state.text.includes('second'), 'the live line');
  await server.order('start', 'b');
  await eventually(() => /b\b.*running/i.test(stream.state.text), 'the live event');
});

scenario('a closed pipe ends a command quietly', { processes }, async ({ server }) => {
  const running = spawn('sh', ['-c', '"$0" status | true; "$0" logs good -n 5 | head -c 0', BINARY], { env: cleanEnv({ SIGNALBOX_URL: server.url, HOME: server.cwd }), stdio: ['ignore', 'pipe', 'pipe'] });
  let stderr = '';
  running.stderr.on('data', (part) => { stderr += part; });
  await new Promise((done) => { running.on('close', done); });
  assert.doesNotMatch(stderr, /panicked|Broken pipe/);
});

test('help, version and completions', async () => {
  const help = await run(['--help']);
  assert.equal(help.code, 0);
  for (const command of ['up', 'status', 'start', 'stop', 'restart', 'logs', 'events', 'provider-router', 'qwen-proxy', 'config', 'completions']) {
    assert.match(help.stdout, new RegExp(`^\\s+${command}\\b`, 'm'), command);
  }
  assert.match((await run(['--version'])).stdout, /^signalbox \d+\.\d+\.\d+/);
  for (const shell of ['bash', 'zsh', 'fish']) {
    const ended = await run(['completions', shell]);
    assert.equal(ended.code, 0, said(ended));
    assert.match(ended.stdout, /signalbox/);
    assert.match(ended.stdout, /restart/);
  }
  assert.equal((await run(['completions', 'tcsh-of-mars'])).code, 2);
});
