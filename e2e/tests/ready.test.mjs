// Ready: every condition that is set must hold, and the evidence says what proved it.
import assert from 'node:assert/strict';
import { child, scenario, SLEEP } from '../lib/harness.mjs';
import { occupy } from '../lib/ports.mjs';
import { eventually } from '../lib/time.mjs';

scenario('no condition: ready as soon as the program runs', { processes: { a: { command: SLEEP } } }, async ({ server, events }) => {
  await server.order('start', 'a');
  const running = await events.expect('a', 'starting', 'running');
  assert.equal(running.message, 'Running');
  assert.equal(running.port, null);
  const { line, port, listenerPid, http } = running.evidence;
  assert.deepEqual({ line, port, listenerPid, http }, { line: null, port: null, listenerPid: null, http: null });
});

const marks = {
  'a line on stdout': ['say:Server listening on port 1'],
  'a line on stderr': ['err:Server listening on port 1'],
  'byte by byte': ['bytes:Server listening on port 1'],
  'a line that is not finished': ['raw:Server listening on port 1'],
  'after invalid UTF-8': ['hex:fffe80410a', 'say:Server listening on port 1'],
  'after a line of 3 MB': ['line:3000000', 'say:Server listening on port 1'],
  'after a flood': ['flood:20000', 'say:Server listening on port 1'],
};
for (const [what, steps] of Object.entries(marks)) {
  scenario(`ready.stdout: ${what}`, {
    processes: { a: { command: child(...steps), ready: { stdout: 'Server listening on port \\d+' } } },
  }, async ({ server, events }) => {
    await server.order('start', 'a');
    const running = await events.expect('a', 'starting', 'running');
    assert.equal(running.evidence.line, 'Server listening on port 1');
    assert.equal(running.evidence.port, null);
  });
}

scenario('{port} is replaced in ready.stdout and in the command', {
  processes: { a: { command: [...child('listen'), 'say:on {port}'], port: 'free', ready: { stdout: '^on {port}$' } } },
}, async ({ server, events, ports }) => {
  await server.order('start', 'a');
  const { evidence, pid, message } = await events.expect('a', 'starting', 'running');
  assert.equal(evidence.line, `on ${ports.a}`);
  assert.equal(evidence.port, ports.a);
  assert.equal(evidence.listenerPid, pid);
  assert.equal(message, `Running :${ports.a}`);
});

scenario('the line alone is not enough where a port is set', {
  processes: { a: { command: child('say:up', 'poke', 'listen'), port: 'free', ready: { stdout: 'up' } } },
}, async ({ server, events }) => {
  await server.order('start', 'a');
  await events.expect('a', 'starting');
  const { log } = await output(server, 'a', 'up');
  assert.equal(log, 'up');
  await events.quiet('a', 500);
  process.kill((await server.state('a')).pid, 'SIGUSR2');
  await events.expect('a', 'running');
});

/** Waits for a line of output. @param {import('../lib/harness.mjs').Server} server @param {string} id @param {string} text */
async function output(server, id, text) {
  const log = await eventually(async () => {
    const { lines } = await server.get(`/api/processes/${id}/logs?tail=100`);
    return lines.find((/** @type {any} */ line) => line.text === text)?.text;
  }, `the line ${text}`);
  return { log };
}

scenario('ready.tcp = false: the line is enough', {
  processes: { a: { command: child('say:up'), port: 'free', ready: { stdout: 'up', tcp: false } } },
}, async ({ server, events, ports }) => {
  await server.order('start', 'a');
  const running = await events.expect('a', 'starting', 'running');
  assert.equal(running.message, `Running :${ports.a}`);
});

scenario('a late port', {
  processes: { a: { command: child('wait:700', 'listen'), port: 'free' } },
}, async ({ server, events, ports }) => {
  await server.order('start', 'a');
  const { evidence, pid } = await events.expect('a', 'starting', 'running');
  assert.deepEqual([evidence.port, evidence.listenerPid, evidence.line], [ports.a, pid, null]);
});

scenario('a port on all addresses', {
  processes: {
    any: { command: child('listen:{port}:0.0.0.0'), port: 'free' },
    six: { command: child('listen:{port}:::'), port: 'free' },
  },
}, async ({ server, events }) => {
  for (const id of ['any', 'six']) {
    await server.order('start', id);
    await events.expect(id, 'starting', 'running');
  }
});

scenario('ready.http: a 2xx answer, told as evidence', {
  processes: { a: { command: child('status:503', 'serve', 'say:serving', 'poke', 'status:204'), port: 'free', ready: { http: '/health' } } },
}, async ({ server, events }) => {
  await server.order('start', 'a');
  await events.expect('a', 'starting');
  // Its handler of the signal is there now.
  await output(server, 'a', 'serving');
  await events.quiet('a', 1000);
  process.kill((await server.state('a')).pid, 'SIGUSR2');
  assert.equal((await events.expect('a', 'running')).evidence.http, 204);
});

scenario('a stranger on the port does not make it ready', {
  processes: { a: { command: child('say:waiting', 'wait:600000'), port: 'free', ready: { timeout: '3s' } } },
}, async ({ server, events, ports }) => {
  await server.order('start', 'a');
  await events.expect('a', 'starting');
  await output(server, 'a', 'waiting');
  const stranger = await occupy(ports.a);
  const failed = await events.expect('a', 'stopping', 'error');
  stranger.close();
  assert.ok(failed.error.startsWith('Startup timeout (3s): '), failed.error);
});

scenario('ready is told once, however often it says so', {
  processes: { a: { command: child('say:up', 'say:up', 'wait:100', 'say:up', 'poke', 'exit:0'), ready: { stdout: 'up' } } },
}, async ({ server, events }) => {
  await server.order('start', 'a');
  const { pid } = await events.expect('a', 'starting', 'running');
  await events.quiet('a', 500);
  process.kill(pid, 'SIGUSR2');
  await events.expect('a', 'stopped');
});
