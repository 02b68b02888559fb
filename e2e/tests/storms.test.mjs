// Many orders, many processes, and trees that fight back.
import assert from 'node:assert/strict';
import { child, scenario, SLEEP } from '../lib/harness.mjs';
import { alive, stat } from '../lib/proc.mjs';
import { eventually } from '../lib/time.mjs';

for (const [last, wanted] of /** @type {const} */ ([['start', 'running'], ['stop', 'stopped'], ['restart', 'running']])) {
  scenario(`forty orders one after another: the last one, ${last}, wins`, { processes: { a: { command: SLEEP } } }, async ({ server, events }) => {
    const verbs = /** @type {const} */ (['start', 'stop', 'restart', 'start', 'stop']);
    for (let i = 0; i < 40; i += 1) await server.order(verbs[(i * 7) % 5], 'a');
    const settled = await server.order(last, 'a', '?wait=20');
    assert.equal(settled.state, wanted);
    await events.caughtUp((await server.get('/api/processes')).seq);
    assert.equal(events.of('a').at(-1)?.state, wanted);
    const there = wanted === 'running' ? 1 : 0;
    await eventually(() => server.offspring().filter((pid) => stat(pid)?.comm === 'sleep').length === there, `${there} in /proc`);
  });
}

scenario('eight clients at once, then a stop', { processes: { a: { command: child('say:up'), ready: { stdout: 'up' } } } }, async ({ server }) => {
  await Promise.all(Array.from({ length: 8 }, async (_, i) => {
    for (let n = 0; n < 10; n += 1) await server.order((i + n) % 3 === 0 ? 'stop' : 'start', 'a');
  }));
  assert.equal((await server.order('stop', 'a', '?wait=20')).state, 'stopped');
  assert.deepEqual(server.offspring(), []);
});

const many = Object.fromEntries(Array.from({ length: 150 }, (_, i) => [`p${i}`, { command: SLEEP }]));

scenario('150 processes: all start, all stop, none is left', { processes: many }, async ({ server, events }) => {
  await server.post('/api/proxy/start');
  for (const id of Object.keys(many)) await events.expect(id, 'starting', 'running');
  assert.equal((await server.get('/api/proxy/status')).status, 'running');
  // One in the middle of its exec shows no environment yet.
  await eventually(() => server.offspring().filter((pid) => stat(pid)?.comm === 'sleep').length === 150, 'all 150 in /proc');
  await server.post('/api/proxy/stop');
  for (const id of Object.keys(many)) await events.expect(id, 'stopping', 'stopped');
  assert.equal(server.offspring().filter((pid) => stat(pid)?.comm === 'sleep').length, 0);
});

scenario('a child that is frozen can be stopped', { processes: { a: { command: SLEEP, stop: { timeout: '500ms' } } } }, async ({ server, events }) => {
  await server.order('start', 'a');
  const { pid } = await events.expect('a', 'starting', 'running');
  process.kill(pid, 'SIGSTOP');
  await server.order('stop', 'a');
  await events.expect('a', 'stopping', 'stopped');
});

scenario('a tree that starts more of itself when it is asked to end', {
  processes: {
    a: {
      command: 'grow() { setsid sh -c "trap \\"\\" TERM; sleep 100000; :" & setsid sh -c "sleep 0.2; sleep 100000" & }; trap grow TERM; grow; echo up; while :; do sleep 0.05; done',
      ready: { stdout: 'up' }, stop: { timeout: '700ms' },
    },
  },
}, async ({ server, events }) => {
  await server.order('start', 'a');
  await events.expect('a', 'starting', 'running');
  await server.order('stop', 'a');
  await events.expect('a', 'stopping', 'stopped');
  assert.deepEqual(server.offspring(), []);
});

scenario('a grandchild that its parents left to init is still of the tree', {
  processes: { a: { command: '(setsid setsid sleep 100000 &) ; echo up; sleep 100000', ready: { stdout: 'up' } } },
}, async ({ server, events }) => {
  await server.order('start', 'a');
  const { pid } = await events.expect('a', 'starting', 'running');
  const lost = await eventually(() => server.offspring().find((one) => stat(one)?.comm === 'sleep' && stat(one)?.session !== stat(pid)?.session), 'the lost one');
  await server.order('stop', 'a');
  await events.expect('a', 'stopping', 'stopped');
  assert.equal(alive(lost), false);
});

scenario('much output, then the end: the last five lines are right', {
  processes: { a: { command: 'seq 1 60000; exit 9', ready: { stdout: 'never' } } },
}, async ({ server, events }) => {
  await server.order('start', 'a');
  const { output } = await events.expect('a', 'starting', 'error');
  assert.deepEqual(output.map((/** @type {any} */ line) => line.text), ['59996', '59997', '59998', '59999', '60000']);
});

scenario('stdin is at its end', {
  processes: { a: { command: 'cat; echo eof; sleep 100000', ready: { stdout: 'eof' } } },
}, async ({ server, events }) => {
  await server.order('start', 'a');
  await events.expect('a', 'starting', 'running');
});
