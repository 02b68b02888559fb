// Nothing that a process, a file or a client says is obeyed by the terminal that it is shown on.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { BINARY, child, cleanEnv, scenario } from '../lib/harness.mjs';
import { freePort } from '../lib/ports.mjs';
import { eventually, within } from '../lib/time.mjs';

const TITLE = '\u001b]0;owned\u0007';
const CLEAR = '\u001b[2J\u001b[H';
const RED = '\u001b[31mred\u001b[0m';
/** A terminal takes this for `ESC [` as well. */
const CSI = '\u009b31m';
const NASTY = `${TITLE}${CLEAR}${CSI}${RED}\rover`;

/** What a terminal would obey, newlines apart. @param {string} text */
// eslint-disable-next-line no-control-regex
const obeyed = (text) => text.match(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/g) ?? [];

/** Runs a client command on a terminal and returns what the terminal was sent. @param {import('../lib/harness.mjs').Server} server @param {string[]} args */
async function onTerminal(server, args) {
  const code = 'import os, pty, sys; sys.exit(os.waitstatus_to_exitcode(pty.spawn(sys.argv[1:])))';
  const running = spawn('python3', ['-c', code, BINARY, ...args], {
    env: cleanEnv({ HOME: server.cwd, SIGNALBOX_URL: server.url, TERM: 'xterm' }), stdio: ['ignore', 'pipe', 'inherit'],
  });
  let sent = '';
  running.stdout.setEncoding('utf8').on('data', (part) => { sent += part; });
  await within(once(running, 'close'), args.join(' '));
  return sent.replaceAll('\r\n', '\n');
}

scenario('what a process writes', {
  env: { SIGNALBOX_LOG: 'trace' },
  processes: {
    a: { command: child(`say:${NASTY}`, `say:plain ${RED}`), ready: { stdout: 'plain' } },
    bad: { command: child(`err:${NASTY}`, 'exit:3'), ready: { stdout: 'never' } },
  },
}, async ({ server, events }) => {
  await server.order('start', 'a');
  await events.expect('a', 'starting', 'running');
  const lines = async () => (await server.get('/api/processes/a/logs')).lines;
  await eventually(async () => (await lines()).length >= 2, 'the output');
  assert.equal((await lines())[0].text, NASTY, 'programs get it as it was');

  const failed = await server.cli(['start', 'bad']);
  for (const args of [['logs', 'a'], ['logs'], ['logs', 'a', '--json'], ['status'], ['status', '--json'], ['events'], ['events', '--json']]) {
    const { stdout, stderr, code } = await server.cli(args);
    assert.equal(code, 0, stderr);
    assert.deepEqual(obeyed(stdout + stderr), [], args.join(' '));
  }
  assert.deepEqual(obeyed(failed.stdout + failed.stderr), [], 'why an order failed');
  assert.match(failed.stderr, /\\u001b\]0;owned\\u0007/, 'it is shown, not obeyed');
  assert.match((await server.cli(['logs', 'a'])).stdout, /^plain red$/m, 'no colours in a pipe');
  const json = JSON.parse((await server.cli(['logs', 'a', '--json'])).stdout);
  assert.equal(json.lines[0].text, NASTY, 'JSON says the same text');

  const sent = await onTerminal(server, ['logs', 'a']);
  assert.ok(sent.includes(RED), 'its colours are kept on a terminal');
  assert.deepEqual(obeyed(sent.replaceAll(/\u001b\[[0-9;:]*m/g, '')), [], 'and nothing else is');
  assert.deepEqual(obeyed(server.stderr), [], "the server's own log");
});

scenario('the name of who holds a port, and what a client asks for', async () => {
  const port = await freePort();
  return { env: { SIGNALBOX_LOG: 'debug' }, processes: { a: { command: child('listen'), port } } };
}, async ({ server, events, ports }) => {
  // A name may have 15 bytes, and a newline among them.
  const code = `
import ctypes, socket, time
ctypes.CDLL(None).prctl(15, b"\\x1b[31m\\nINFO ok\\x07", 0, 0, 0)
listener = socket.create_server(("127.0.0.1", ${ports.a}))
print("up", flush=True)
time.sleep(1000)`;
  const holder = spawn('python3', ['-c', code], { stdio: ['ignore', 'pipe', 'inherit'] });
  try {
    await within(once(holder.stdout, 'data'), 'the holder');
    await server.order('start', 'a');
    const error = await events.expect('a', 'starting', 'error');
    assert.match(error.message, /already in use by/);
    await server.call('/api/processes/%1b%5b31m%0aINFO%20forged');
    await server.call('/api/%1b%5d0;x%07%0a', { headers: { 'user-agent': 'x\u001b[31m' } }).catch(() => {});
    const started = await server.cli(['start', 'a']);
    const unknown = await server.cli(['start', '\u001b]0;x\u0007']);
    for (const { stdout, stderr } of [started, unknown, await server.cli(['status']), await server.cli(['events'])]) {
      assert.deepEqual(obeyed(stdout + stderr), [], stdout + stderr);
    }
    assert.deepEqual(obeyed(server.stderr), [], server.stderr);
    assert.doesNotMatch(server.stderr, /^\s*INFO (ok|forged)/m, 'no line of the log is forged');
  } finally {
    holder.kill('SIGKILL');
  }
});
