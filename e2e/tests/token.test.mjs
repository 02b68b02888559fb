// A token in force: who gets in, who does not, and where it lies.
import assert from 'node:assert/strict';
import { readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { run, scenario, scratch, SLEEP } from '../lib/harness.mjs';
import { test } from 'node:test';
import { SocketClient } from '../lib/socket.mjs';

const TOKEN = 'correct-horse-battery-staple';
const headers = { authorization: `Bearer ${TOKEN}` };
const processes = { a: { command: SLEEP } };

scenario('every call but health and the page needs it', { processes, headers, env: { SIGNALBOX_TOKEN: TOKEN } }, async ({ server }) => {
  const calls = /** @type {const} */ ([
    ['GET', '/api/processes'], ['GET', '/api/processes/a'], ['GET', '/api/proxy/status'], ['POST', '/api/proxy/start'],
    ['GET', '/api/events?after=0'], ['GET', '/api/history'], ['GET', '/metrics'], ['GET', '/api/processes/a/logs'],
    ['POST', '/api/processes/a/start'], ['GET', '/api/processes/a/config'],
  ]);
  const wrong = [undefined, 'Bearer wrong', `Bearer ${TOKEN}x`, `Bearer ${TOKEN.slice(1)}`, `Basic ${TOKEN}`, TOKEN, 'Bearer '];
  for (const [method, path] of calls) {
    for (const authorization of wrong) {
      const answer = await server.call(path, { method, headers: { authorization: authorization ?? '' } });
      assert.equal(answer.status, 401, `${method} ${path} with ${authorization}: ${answer.text}`);
      assert.equal(answer.json.success, false);
      assert.deepEqual(Object.keys(answer.json.error).sort(), ['code', 'message', 'type']);
    }
  }
  assert.equal((await server.call('/api/health', { headers: { authorization: '' } })).status, 200);
  assert.equal((await server.call('/', { headers: { authorization: '' } })).status, 200);
  assert.equal((await server.call('/api/processes')).status, 200);
  assert.equal((await server.state('a')).state, 'stopped', 'nothing was started');
});

scenario('Socket.IO: a wrong token gets CONNECT_ERROR, never a connection', { processes, headers, env: { SIGNALBOX_TOKEN: TOKEN } }, async ({ server }) => {
  for (const transports of [['websocket'], ['polling']]) {
    for (const token of [undefined, 'wrong', '']) {
      const error = await SocketClient.refused(server.url, { transports, token });
      assert.ok(error.message !== 'websocket error' && error.message !== 'xhr poll error', `a CONNECT_ERROR packet, not a failed transport: ${error.message}`);
    }
    const client = await SocketClient.connect(server.url, { transports, token: TOKEN });
    assert.equal((await client.next()).name, 'proxy:status');
    client.close();
  }
});

scenario('the file token holds the one in force, 0600, in a directory 0700', { processes, headers, env: { SIGNALBOX_TOKEN: TOKEN } }, async ({ server }) => {
  const file = join(server.dataDir, 'token');
  assert.equal((await readFile(file, 'utf8')).trim(), TOKEN);
  assert.equal((await stat(file)).mode & 0o777, 0o600);
  assert.equal((await stat(server.dataDir)).mode & 0o777, 0o700);
});

scenario('--token-file', async (directory) => {
  await writeFile(join(directory, 'secret'), `${TOKEN}\n`, { mode: 0o600 });
  return { processes, headers, args: ['--token-file', join(directory, 'secret')] };
}, async ({ server }) => {
  assert.equal((await server.call('/api/processes', { headers: { authorization: '' } })).status, 401);
  await server.get('/api/processes');
});

scenario('on another address, with a token', { processes, headers, listen: '0.0.0.0:0', env: { SIGNALBOX_TOKEN: TOKEN } }, async ({ server }) => {
  assert.equal((await server.call('/api/processes', { headers: { authorization: '' } })).status, 401);
  await server.get('/api/processes');
});

for (const listen of ['0.0.0.0:0', '[::]:0']) {
  test(`on ${listen} without a token it refuses to start`, async () => {
    const { directory, remove } = await scratch();
    try {
      const file = join(directory, 'signalbox.toml');
      await writeFile(file, '[process.a]\ncommand = ["sleep", "1000"]\nautostart = true\n');
      const ended = await run(['up', '--config', file, '--listen', listen, '--data-dir', join(directory, 'data')]);
      assert.ok(ended.code === 1 || ended.code === 2, `exit code ${ended.code}`);
      assert.match(ended.stderr, /token/i);
      assert.doesNotMatch(ended.stdout, /listening/);
    } finally {
      await remove();
    }
  });
}

scenario('client commands: --token-file, SIGNALBOX_TOKEN, the data directory; a wrong one', {
  processes, headers, noDataDir: true, env: { SIGNALBOX_TOKEN: TOKEN },
}, async ({ server, directory }) => {
  await writeFile(join(directory, 'secret'), TOKEN);
  await writeFile(join(directory, 'wrong'), 'wrong');
  const byData = await server.cli(['status', '--json']);
  assert.equal(byData.code, 0, byData.stderr);
  const byFile = await server.cli(['status', '--token-file', join(directory, 'secret')], { XDG_DATA_HOME: join(directory, 'elsewhere') });
  assert.equal(byFile.code, 0, byFile.stderr);
  const byEnv = await server.cli(['status'], { SIGNALBOX_TOKEN: TOKEN, XDG_DATA_HOME: join(directory, 'elsewhere') });
  assert.equal(byEnv.code, 0, byEnv.stderr);
  for (const args of [['status', '--token-file', join(directory, 'wrong')], ['start', 'a', '--token-file', join(directory, 'wrong')]]) {
    const refused = await server.cli(args);
    assert.equal(refused.code, 1, refused.stderr);
    assert.match(refused.stderr, /token/i);
  }
  const none = await server.cli(['status'], { XDG_DATA_HOME: join(directory, 'elsewhere') });
  assert.equal(none.code, 1, none.stderr);
});
