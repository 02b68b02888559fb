// `signalbox up`: what it prints, where it keeps its data, and that it does without its terminal.
import assert from 'node:assert/strict';
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { scenario, SLEEP } from '../lib/harness.mjs';
import { toml } from '../lib/toml.mjs';

const processes = { a: { command: SLEEP } };

scenario('stdout has the one line', { processes }, async ({ server, events }) => {
  await server.order('start', 'a');
  await events.expect('a', 'starting', 'running');
  assert.match(server.stdout, /^Server listening on http:\/\/127\.0\.0\.1:\d+\n$/);
});

scenario('the default data directory, made 0700', { processes, noDataDir: true }, async ({ directory }) => {
  assert.equal((await stat(join(directory, 'share', 'signalbox'))).mode & 0o777, 0o700);
});

scenario('listen and data_dir of the configuration', (directory) => ({
  text: toml({ server: { listen: '127.0.0.1:0', data_dir: join(directory, 'mine') }, processes }), listen: null, noDataDir: true,
}), async ({ server, directory }) => {
  assert.equal((await server.get('/api/health')).status, 'ok');
  assert.ok((await stat(join(directory, 'mine'))).isDirectory());
});

scenario('the IPv6 loopback', { processes, listen: '[::1]:0' }, async ({ server }) => {
  assert.match(server.url, /^http:\/\/\[::1\]:\d+$/);
  assert.equal((await server.get('/api/health')).status, 'ok');
});

scenario('it goes on when nobody reads its output any more', { processes }, async ({ server, events }) => {
  server.process.stdout.destroy();
  server.process.stderr.destroy();
  for (let round = 0; round < 5; round += 1) {
    await server.order('start', 'a');
    await events.expect('a', 'starting', 'running');
    await server.order('stop', 'a');
    await events.expect('a', 'stopping', 'stopped');
  }
});
