// Secrets are nowhere to be read: output, events, logs, process list.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { files } from '../lib/files.mjs';
import { scenario, SLEEP } from '../lib/harness.mjs';
import { cmdline, environ, pids } from '../lib/proc.mjs';
import { SocketClient } from '../lib/socket.mjs';

const TOKEN = 'token-4f1c9a77e0';
const KEY = 'sk-55aa0c1d2e3f';

scenario('the token and masked values', {
  headers: { authorization: `Bearer ${TOKEN}` }, env: { SIGNALBOX_TOKEN: TOKEN, SIGNALBOX_LOG: 'trace' },
  processes: { a: { command: SLEEP, env: { UPSTREAM_API_KEY: KEY } }, bad: { command: ['false'], ready: { stdout: 'x' }, env: { MY_SECRET: KEY } } },
}, async ({ server, events }) => {
  const client = await SocketClient.connect(server.url, { token: TOKEN });
  for (const id of ['a', 'bad']) await server.order('start', id);
  const { pid } = await events.expect('a', 'starting', 'running');
  await events.expect('bad', 'starting', 'error');
  await server.call('/api/processes', { headers: { authorization: 'Bearer wrong-one-8877' } });
  const texts = [server.stdout, server.stderr, JSON.stringify(events.all), JSON.stringify(client.all)];
  for (const path of ['/api/processes', '/api/proxy/status', '/api/processes/a/config', '/api/processes/bad/config', '/api/history', '/metrics', '/api/processes/a/logs', '/']) {
    texts.push((await server.call(path)).text);
  }
  for (const args of [['status'], ['status', '--json'], ['events', '--after', '0', '--json'], ['logs', 'a']]) {
    const ended = await server.cli(args, { SIGNALBOX_TOKEN: TOKEN });
    texts.push(ended.stdout, ended.stderr);
  }
  client.close();
  for (const text of texts) {
    assert.ok(!text.includes(TOKEN), `the token in: ${text.slice(0, 300)}`);
    assert.ok(!text.includes(KEY), `a masked value in: ${text.slice(0, 300)}`);
  }
  for (const one of pids()) assert.ok(!cmdline(one).join(' ').includes(TOKEN), `the token in the command line of ${one}`);
  assert.ok(![...(environ(pid)?.values() ?? [])].includes(TOKEN), "the token in a process's environment");
  for (const file of files(server.dataDir).filter((name) => !name.endsWith('/token'))) {
    const bytes = readFileSync(file);
    assert.ok(!bytes.includes(TOKEN), `the token in ${file}`);
    assert.ok(!bytes.includes(KEY), `a masked value in ${file}`);
  }
});
