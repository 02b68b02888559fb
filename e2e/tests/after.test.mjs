// `after`: what is spawned first, what is stopped last.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { child, scenario, SLEEP } from '../lib/harness.mjs';
import { eventually } from '../lib/time.mjs';

/** @param {import('../lib/events.mjs').EventReader} events @param {string} id @param {string} state */
const seqOf = (events, id, state) => events.of(id).find((event) => event.state === state)?.seq ?? -1;

scenario('start all: spawned once its after is running', {
  processes: {
    base: { command: child('poke', 'say:up'), ready: { stdout: 'up' } },
    top: { command: SLEEP, after: ['base'] },
  },
}, async ({ server, events }) => {
  await server.post('/api/proxy/start');
  await events.expect('base', 'starting');
  await events.expect('top', 'starting');
  await events.quiet('top', 500);
  assert.equal((await server.state('top')).pid, null, 'not spawned yet');
  const { pid } = await server.state('base');
  await armed(pid);
  process.kill(pid, 'SIGUSR2');
  await events.expect('base', 'running');
  await events.expect('top', 'running');
  assert.ok(seqOf(events, 'base', 'running') < seqOf(events, 'top', 'running'));
});

/** Waits until the child's handler for SIGUSR2 is in place. @param {number} pid */
async function armed(pid) {
  await eventually(() => {
    const caught = /^SigCgt:\s+([0-9a-f]+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? '0';
    return (BigInt(`0x${caught}`) >> 11n) & 1n;
  }, 'the handler of SIGUSR2');
}

scenario('spawned also when its after has failed', {
  processes: { base: { command: ['false'], ready: { stdout: 'x' } }, top: { command: SLEEP, after: ['base'] } },
}, async ({ server, events }) => {
  await server.post('/api/proxy/start');
  await events.expect('base', 'starting', 'error');
  await events.expect('top', 'starting', 'running');
  assert.ok(seqOf(events, 'base', 'error') < seqOf(events, 'top', 'running'));
});

scenario('stop all: what comes after is stopped before', {
  processes: {
    base: { command: child('trap:TERM:0', 'say:up'), ready: { stdout: 'up' } },
    top: { command: child('trap:TERM:0:500', 'say:up'), ready: { stdout: 'up' }, after: ['base'] },
  },
}, async ({ server, events }) => {
  await server.post('/api/proxy/start');
  await events.reach('top', 'running');
  await server.post('/api/proxy/stop');
  await events.reach('base', 'stopped');
  await events.reach('top', 'stopped');
  assert.ok(seqOf(events, 'top', 'stopped') < seqOf(events, 'base', 'stopped'));
  await toldToEndAfter(server, events);
});

scenario('a start of one starts it alone', {
  processes: { base: { command: SLEEP }, top: { command: SLEEP, after: ['base'] } },
}, async ({ server, events }) => {
  await server.order('start', 'top');
  await events.expect('top', 'starting', 'running');
  assert.equal((await server.state('base')).state, 'stopped');
  await events.quiet('base', 0);
});

scenario('a start of one waits for those of its after that are starting', {
  processes: { base: { command: child('poke', 'say:up'), ready: { stdout: 'up' } }, top: { command: SLEEP, after: ['base'] } },
}, async ({ server, events }) => {
  await server.order('start', 'base');
  await server.order('start', 'top');
  await events.expect('top', 'starting');
  await events.quiet('top', 500);
  const { pid } = await server.state('base');
  await armed(pid);
  process.kill(pid, 'SIGUSR2');
  await events.expect('base', 'starting', 'running');
  await events.expect('top', 'running');
});

scenario('stop while it waits for its after', {
  processes: { base: { command: child('wait:600000'), ready: { stdout: 'never' } }, top: { command: SLEEP, after: ['base'] } },
}, async ({ server, events }) => {
  await server.post('/api/proxy/start');
  await events.expect('top', 'starting');
  await server.order('stop', 'top');
  const stopped = await events.reach('top', 'stopped');
  assert.equal(stopped.generation, 0, 'nothing was spawned');
  assert.equal(stopped.exit, null);
});

scenario('ready.timeout counts from the spawn, not from the wait', {
  processes: {
    base: { command: child('wait:2000', 'say:up'), ready: { stdout: 'up' } },
    top: { command: ['sh', '-c', 'echo up; exec sleep 100000'], ready: { stdout: 'up', timeout: '1500ms' }, after: ['base'] },
  },
}, async ({ server, events }) => {
  await server.post('/api/proxy/start');
  await events.expect('base', 'starting', 'running');
  await events.expect('top', 'starting', 'running');
});

scenario('a restart of one touches no other', {
  processes: { base: { command: SLEEP }, top: { command: SLEEP, after: ['base'] } },
}, async ({ server, events }) => {
  await server.post('/api/proxy/start');
  await events.expect('base', 'starting', 'running');
  await events.expect('top', 'starting', 'running');
  await server.order('restart', 'base');
  await events.expect('base', 'stopping', 'stopped', 'starting', 'running');
  await events.quiet('top', 300);
});

/** Ends half a second after it was told to, so that whoever does not wait for it is seen. */
const late = { command: child('trap:TERM:0:500', 'say:up'), ready: { stdout: 'up' } };

const base = { command: child('trap:TERM:0', 'wait:300', 'say:up'), ready: { stdout: 'up' } };
const top = { ...late, after: ['base'] };

// Whichever comes first in the configuration.
for (const [place, processes] of Object.entries({ first: { base, top, other: { command: SLEEP } }, last: { other: { command: SLEEP }, top, base } })) {
  scenario(`named together on the command line, base ${place}: started after, stopped before`, { processes }, async ({ server, events }) => {
    assert.equal((await server.cli(['start', 'base', 'top'])).code, 0);
    for (const id of ['base', 'top']) await events.expect(id, 'starting', 'running');
    assert.ok(seqOf(events, 'base', 'running') < seqOf(events, 'top', 'running'));
    const stopped = await server.cli(['stop', 'base', 'top', '--json']);
    assert.equal(stopped.code, 0, stopped.stderr);
    const shown = JSON.parse(stopped.stdout).processes.map((/** @type {any} */ one) => one.id);
    assert.deepEqual(shown, Object.keys(processes).filter((id) => id !== 'other'), 'shown in the order of the configuration');
    for (const id of ['base', 'top']) await events.expect(id, 'stopping', 'stopped');
    await toldToEndAfter(server, events);
    assert.equal((await server.state('other')).generation, 0, 'what was not named is left alone');
  });

  scenario(`restarted together on the command line, base ${place}: down in one order, up in the other`, { processes }, async ({ server, events }) => {
    await server.post('/api/proxy/start');
    for (const id of ['base', 'top']) await events.expect(id, 'starting', 'running');
    const restarted = await server.cli(['restart', 'base', 'top']);
    assert.equal(restarted.code, 0, restarted.stderr);
    for (const id of ['base', 'top']) await events.expect(id, 'stopping', 'stopped', 'starting', 'running');
    await toldToEndAfter(server, events);
    const last = (/** @type {string} */ id) => events.of(id).at(-1)?.seq ?? -1;
    assert.ok(last('base') < last('top'), 'base is there first');
    assert.equal((await server.state('other')).generation, 1, 'what was not named is left alone');
  });
}

/** `base` was asked to end when `top` had ended. @param {import('../lib/harness.mjs').Server} server @param {import('../lib/events.mjs').EventReader} events */
async function toldToEndAfter(server, events) {
  const { lines } = await server.get('/api/processes/base/logs?tail=10');
  const told = lines.find((/** @type {any} */ line) => line.text === 'got SIGTERM');
  const ended = events.of('top').find((event) => event.state === 'stopped');
  assert.ok(told.time >= (ended?.timestamp ?? Infinity) - 1, 'base is asked to end only when top has ended');
}
