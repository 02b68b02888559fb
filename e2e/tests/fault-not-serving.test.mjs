// After ready, nobody of the tree listens on the port any more.
import assert from 'node:assert/strict';
import { child, nested, scenario } from '../lib/harness.mjs';
import { constants } from 'node:os';
import { carrying, catches, cmdline, listeningInodes } from '../lib/proc.mjs';
import { eventually } from '../lib/time.mjs';

scenario('the process closes its listening socket', {
  processes: { a: { command: child('listen', 'poke', 'close'), port: 'free' } },
}, async ({ server, events, ports }) => {
  await server.order('start', 'a');
  const { pid } = await events.expect('a', 'starting', 'running');
  process.kill(pid, 'SIGUSR2');
  const failed = await events.expect('a', 'stopping', 'error');
  assert.equal(failed.error, `Not serving: port ${ports.a} was closed`);
  assert.equal(failed.cause, 'not_serving');
  assert.equal(failed.exit.requested, false);
});

scenario('the server behind a wrapper dies, the wrapper lives', {
  processes: { a: { command: child(nested('child', 'listen', 'say:up'), 'wait:600000'), port: 'free' } },
}, async ({ server, events, ports }) => {
  await server.order('start', 'a');
  const running = await events.expect('a', 'starting', 'running');
  assert.notEqual(running.evidence.listenerPid, running.pid, 'the listener is the inner process');
  process.kill(running.evidence.listenerPid, 'SIGKILL');
  const failed = await events.expect('a', 'stopping', 'error');
  assert.equal(failed.error, `Not serving: port ${ports.a} was closed`);
});

scenario('closed and open again within a second: nothing happened', {
  processes: { a: { command: child('listen', 'poke', 'close', 'wait:100', 'listen', 'poke', 'exit:3'), port: 'free' } },
}, async ({ server, events }) => {
  await server.order('start', 'a');
  const { pid } = await events.expect('a', 'starting', 'running');
  process.kill(pid, 'SIGUSR2');
  await events.quiet('a', 2000);
  process.kill(pid, 'SIGUSR2');
  assert.equal((await events.expect('a', 'error')).error, 'Process exited with code 3');
});

scenario('another process of the tree takes the port over: nothing happened', {
  processes: { a: { command: ['sh', '-c', '"$0" "$@" & "$0" "$@" & wait; wait; exec sleep 1000', ...child('poke', 'listen')], port: 'free' } },
}, async ({ server, events, ports }) => {
  await server.order('start', 'a');
  await events.expect('a', 'starting');
  const inner = () => carrying({ SIGNALBOX_E2E: server.marker, SIGNALBOX_PROCESS_ID: 'a' }).filter((pid) => cmdline(pid)[0] === process.execPath);
  const both = await eventually(() => { const found = inner(); return found.length === 2 && found.every((pid) => catches(pid, constants.signals.SIGUSR2)) && found; }, 'both inner processes');
  process.kill(both[0], 'SIGUSR2');
  const running = await events.expect('a', 'running');
  assert.equal(running.evidence.listenerPid, both[0]);
  process.kill(both[0], 'SIGKILL');
  await eventually(() => listeningInodes(ports.a).size === 0, 'the end of the first listener');
  process.kill(both[1], 'SIGUSR2');
  await events.quiet('a', 2000);
  const state = await server.state('a');
  assert.equal(state.state, 'running');
  assert.equal(state.message, `Running :${ports.a}`);
});
