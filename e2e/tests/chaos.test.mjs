// A minute of chaos: 50 processes, random orders, kills, floods, a bad network, and 50 clients that watch it. `make chaos`
// runs it for longer; `soak/run.mjs` says what is checked.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { within } from '../lib/time.mjs';

const RUN = fileURLToPath(new URL('../soak/run.mjs', import.meta.url));

test('a minute: nothing untrue, no gap, nothing left', { timeout: 240_000 }, async (t) => {
  const chaos = spawn(process.execPath, [RUN, '--minutes', '1', '--processes', '50', '--watchers', '50', '--clients', '3', '--pause', '1200'], {
    // Other tests share the cores, and a minute's storm on few of them is late by intention.
    env: { ...process.env, SIGNALBOX_SOAK_LOADED_MS: '3000' }, stdio: ['ignore', 'pipe', 'pipe'],
  });
  t.after(() => chaos.kill('SIGTERM'));
  let said = '';
  for (const stream of [chaos.stdout, chaos.stderr]) stream.setEncoding('utf8').on('data', (part) => { said += part; });
  const [code] = await within(once(chaos, 'close'), 'the end of the chaos', 230_000).catch((error) => { throw new Error(`${error.message}\n${said}`); });
  // All but the long lists, in which what failed would be lost.
  assert.equal(code, 0, said.split('\n').map((line) => line.slice(0, 600)).join('\n').slice(-16_000));
  t.diagnostic(said.split('\n').filter((line) => /^(ok|events|watchers)/.test(line)).join('\n'));
});
