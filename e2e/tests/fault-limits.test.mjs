// The machine has no more descriptors, processes or memory to give: said so, nothing untrue is, and it goes on.
import assert from 'node:assert/strict';
import http from 'node:http';
import { chown, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { child, nested, scenario, SLEEP } from '../lib/harness.mjs';
import { limit, WITHOUT_CGROUPS } from '../lib/limits.mjs';
import { alive, descriptors } from '../lib/proc.mjs';
import { within } from '../lib/time.mjs';

/** A connection that is there before there are no more. @param {string} url */
function keptConnection(url) {
  const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
  const ask = (/** @type {string} */ method, /** @type {string} */ path) => within(new Promise((done, fail) => {
    const request = http.request(url + path, { method, agent }, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (part) => { text += part; }).on('end', () => done({ status: response.statusCode, text }));
    });
    request.on('error', fail).end();
  }), `${method} ${path}`);
  return { ask, close: () => agent.destroy() };
}

for (const cgroup of [true, false]) {
  scenario(`no descriptor left, ${cgroup ? 'with cgroups where there are any' : 'without cgroups'}: no end is told that is none`, {
    via: cgroup ? [] : WITHOUT_CGROUPS,
    processes: {
      tree: { command: child(nested('detached', 'ignore:TERM', 'say:up'), 'wait:600000'), ready: { stdout: 'up' }, stop: { timeout: '1s' } },
      orphaned: { command: child(nested('detached', 'ignore:TERM', 'say:up'), 'wait:600000'), ready: { stdout: 'up' }, stop: { timeout: '1s' } },
      late: { command: SLEEP },
      serving: { command: child('listen'), port: 'free' },
    },
  }, async ({ server, events, t }) => {
    for (const id of ['tree', 'orphaned', 'serving']) {
      await server.order('start', id);
      await events.expect(id, 'starting', 'running');
    }
    const connection = keptConnection(server.url);
    t.after(() => connection.close());
    await connection.ask('GET', '/api/health');
    const before = descriptors(server.pid).size;
    limit(server.pid, 'nofile', '3:');

    await connection.ask('POST', '/api/processes/late/start');
    assert.equal((await events.expect('late', 'starting', 'error')).error, 'Cannot start: sleep: too many open files');
    process.kill((await events.of('orphaned')[1].process).pid, 'SIGKILL');
    await events.expect('orphaned', 'stopping');
    await connection.ask('POST', '/api/processes/tree/stop');
    await events.expect('tree', 'stopping');
    // What is alive is looked up whenever an end is told; here there is none to tell before it can be seen.
    await events.quiet('tree', 2500);
    await events.quiet('orphaned', 0);
    await events.quiet('serving', 0);
    assert.ok(descriptors(server.pid).size <= before);

    limit(server.pid, 'nofile', '1024:');
    await events.expect('tree', 'stopped');
    assert.equal((await events.expect('orphaned', 'error')).error, 'Process killed by signal 9 (SIGKILL)');
    await server.order('start', 'late');
    await events.expect('late', 'starting', 'running');
    await events.quiet('serving', 0);
  });
}

// The limit does not hold for root: the server is somebody else then.
const other = process.getuid?.() === 0 ? 65_534 : undefined;

scenario('no process left: what runs goes on, what cannot start says why, questions are answered', async (directory) => {
  const dataDir = join(directory, 'data');
  await mkdir(dataDir);
  if (other) await chown(dataDir, other, other);
  return { dataDir, uid: other, processes: { a: { command: SLEEP }, late: { command: SLEEP } } };
}, async ({ server, events }) => {
  await server.order('start', 'a');
  await events.expect('a', 'starting', 'running');
  // Threads that had work while it started have ended by now, unless they are kept.
  await events.quiet('a', 11_000);
  limit(server.pid, 'nproc', '1:', other);
  await server.order('start', 'late');
  assert.equal((await events.expect('late', 'starting', 'error')).error, 'Cannot start: sleep: resource temporarily unavailable');
  for (const path of ['/api/history', '/metrics', '/api/events?after=0', '/api/processes/a/logs?tail=5000']) {
    if (path.startsWith('/api/events')) (await server.events()).close();
    else assert.equal((await server.call(path)).status, 200, path);
  }
  const { pid } = await server.state('a');
  process.kill(pid, 'SIGKILL');
  assert.equal((await events.expect('a', 'error')).error, 'Process killed by signal 9 (SIGKILL)');
  assert.equal(alive(pid), false);
  limit(server.pid, 'nproc', '10000:', other);
  await server.order('start', 'late');
  await events.expect('late', 'starting', 'running');
});

scenario('more memory than a process may have: its own words, and how it ended', {
  processes: { a: { command: 'echo up; ulimit -v 200000; exec tail /dev/zero', ready: { stdout: 'up' } } },
}, async ({ server, events }) => {
  await server.order('start', 'a');
  const failed = await events.expect('a', 'starting', 'running', 'error');
  assert.equal(failed.error, 'Process exited with code 1');
  assert.match(failed.output.at(-1).text, /^tail: .*memory/);
});
