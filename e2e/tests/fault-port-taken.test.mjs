// The port belongs to somebody else: nothing is spawned, the holder is named.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { chown, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { child, nested, scenario } from '../lib/harness.mjs';
import { freePort, occupy } from '../lib/ports.mjs';
import { stat } from '../lib/proc.mjs';

const serving = { a: { command: child('listen'), port: 'free', restart: { policy: 'always', backoff: '10ms' } } };

for (const host of ['127.0.0.1', '0.0.0.0', '::']) {
  scenario(`held by another program on ${host}`, { processes: serving }, async ({ server, events, ports }) => {
    const stranger = await occupy(ports.a, host);
    const before = await server.state('a');
    await server.order('start', 'a');
    const failed = await events.expect('a', 'starting', 'error');
    assert.equal(failed.error, `Port ${ports.a} is already in use by ${stat(process.pid)?.comm} (pid ${process.pid})`);
    assert.equal(failed.cause, 'port_taken');
    assert.equal(failed.port, ports.a);
    assert.equal(failed.restart, null);
    assert.equal(failed.generation, before.generation);
    assert.equal(failed.exit, null);
    await events.quiet('a', 300);
    assert.deepEqual(server.offspring(), [], 'nothing was spawned');
    stranger.close();
    await once(stranger, 'close');
    await server.order('start', 'a');
    const running = await events.expect('a', 'starting', 'running');
    assert.equal(running.generation, before.generation + 1);
  });
}

const skip = process.getuid?.() === 0 ? false : 'needs root, to run the server as somebody else';

if (!skip) {
  scenario('held by somebody whom the server may not look at', async (directory) => {
    const dataDir = join(directory, 'data');
    await mkdir(dataDir);
    await chown(dataDir, 65_534, 65_534);
    return { processes: serving, uid: 65_534, dataDir };
  }, async ({ server, events, ports }) => {
    const stranger = await occupy(ports.a);
    await server.order('start', 'a');
    const failed = await events.expect('a', 'starting', 'error');
    stranger.close();
    assert.equal(failed.error, `Port ${ports.a} is already in use`);
    assert.equal(failed.cause, 'port_taken');
  });
}

scenario('held by another process of the same server', async () => {
  const port = await freePort();
  return { processes: { thief: { command: child(`listen:${port}`, 'say:up'), ready: { stdout: 'up' } }, a: { command: child('listen'), port } } };
}, async ({ server, events, ports }) => {
  await server.order('start', 'thief');
  const { pid } = await events.expect('thief', 'starting', 'running');
  await server.order('start', 'a');
  assert.equal((await events.expect('a', 'starting', 'error')).error, `Port ${ports.a} is already in use by node (pid ${pid})`);
  await events.quiet('thief', 200);
});

scenario('held by what the last generation left behind: there is no such thing', {
  processes: { a: { command: child(nested('detached', 'ignore:TERM', 'listen', 'say:up'), 'poke', 'exit:2'), port: 'free', ready: { stdout: 'up' }, stop: { timeout: '300ms' }, restart: { policy: 'on-failure', backoff: '1ms' } } },
}, async ({ server, events }) => {
  await server.order('start', 'a');
  const { pid } = await events.expect('a', 'starting', 'running');
  process.kill(pid, 'SIGUSR2');
  await events.expect('a', 'stopping', 'error', 'starting', 'running');
});
