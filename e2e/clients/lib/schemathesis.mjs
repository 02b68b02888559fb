// Schemathesis: makes calls from the OpenAPI document and holds the server to it.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { within } from '../../lib/time.mjs';
import { offline, program } from './python.mjs';

const CONFIGURATION = fileURLToPath(new URL('../python/schemathesis.toml', import.meta.url));

/**
 * @param {import('../../lib/harness.mjs').Server} server
 * @param {string[]} bounds how many calls it makes
 * @param {number} ms how long it may take
 */
export async function heldToItsDocument(server, bounds, ms) {
  const args = ['--config-file', CONFIGURATION, 'run', `${server.url}/api/openapi.json`, '--no-color', ...bounds];
  const running = spawn(program('schemathesis', '.venv-schemathesis'), args, { cwd: server.cwd, env: offline(), stdio: ['ignore', 'pipe', 'pipe'] });
  let said = '';
  for (const stream of [running.stdout, running.stderr]) stream.setEncoding('utf8').on('data', (part) => { said += part; });
  try {
    const code = await within(new Promise((resolve) => { running.on('close', resolve); }), `the end of schemathesis\n${said}`, ms);
    assert.equal(code, 0, said);
  } finally {
    running.kill('SIGKILL');
  }
  return said;
}

/** What there is to be called: processes that come up, do not, and end by themselves. */
export const PROCESSES = {
  web: { command: ['sleep', '100000'] },
  job: { command: ['sleep', '100000'], after: ['web'] },
  short: { command: ['true'] },
  missing: { command: ['/nonexistent/program'] },
};
