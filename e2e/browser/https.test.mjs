// The page over https, with a certificate that no public authority vouches for.
import assert from 'node:assert/strict';
import { child } from '../lib/harness.mjs';
import { CERTIFICATE, KEY } from '../lib/tls.mjs';
import { barShows, order, rowShows } from './lib/find.mjs';
import { seen } from './lib/visitor.mjs';

seen('over https: live by wss, through a start and a stop', {
  args: ['--tls-cert', CERTIFICATE, '--tls-key', KEY],
  processes: { providerRouter: { title: 'Provider router', command: child('serve'), port: 'free' } },
}, async ({ server, events, visit, ports }) => {
  assert.match(server.url, /^https:/);
  /** @type {string[]} */
  const lines = [];
  const page = await visit({
    context: { ignoreHTTPSErrors: true },
    before: async (fresh) => { fresh.on('websocket', (line) => lines.push(line.url())); },
  });
  await rowShows(page, 'Provider router', 'Stopped');
  await order(page, 'Start', 'Provider router').click();
  await rowShows(page, 'Provider router', `Running :${ports.providerRouter}`);
  await barShows(page, `Running :${ports.providerRouter}`);
  await order(page, 'Stop', 'Provider router').click();
  await events.expect('providerRouter', 'starting', 'running', 'stopping', 'stopped');
  await rowShows(page, 'Provider router', 'Stopped');
  await barShows(page, 'Stopped');
  assert.deepEqual(lines.map((url) => new URL(url).protocol), ['wss:'], 'one line, and it is encrypted');
});
