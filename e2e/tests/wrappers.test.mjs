// Real launchers: `node --watch` behind a shell, as `npm run dev` starts it.
import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { scenario } from '../lib/harness.mjs';
import { call } from '../lib/http.mjs';

/** @param {string} directory */
async function watched(directory) {
  const file = join(directory, 'server.mjs');
  await writeFile(file, `import http from 'node:http';
http.createServer((request, response) => {
  response.end('ok');
  if (request.url === '/die') setTimeout(() => { throw new Error('as told'); }, 50);
}).listen(Number(process.env.PORT), '127.0.0.1', () => console.log('Server listening on port ' + process.env.PORT));
`);
  return { processes: { a: { command: `true && node --watch ${file}; :`, port: 'free', ready: { stdout: 'Server listening on port {port}' } } } };
}

scenario('a stop ends the server behind them all', watched, async ({ server, events, ports }) => {
  await server.order('start', 'a');
  const running = await events.expect('a', 'starting', 'running');
  assert.notEqual(running.evidence.listenerPid, running.pid);
  await server.order('stop', 'a');
  await events.expect('a', 'stopping', 'stopped');
  await assert.rejects(call(`http://127.0.0.1:${ports.a}/`), /ECONNREFUSED/);
});

scenario('the server throws, the watcher lives: not serving', watched, async ({ server, events, ports }) => {
  await server.order('start', 'a');
  await events.expect('a', 'starting', 'running');
  await call(`http://127.0.0.1:${ports.a}/die`);
  const failed = await events.expect('a', 'stopping', 'error');
  assert.equal(failed.error, `Not serving: port ${ports.a} was closed`);
});
