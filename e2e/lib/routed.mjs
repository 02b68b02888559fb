// The router alone, as a program of its own, in front of an upstream that is one function.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import http from 'node:http';
import { BINARY, cleanEnv, scratch } from './harness.mjs';
import { eventually } from './time.mjs';

/** `said`: all that it wrote. @typedef {{port: number, pid: number, far: http.Server, running: import('node:child_process').ChildProcess, said: () => string}} Routed */

/** `via`: what runs it, if not we ourselves. @param {http.RequestListener} listener @param {(routed: Routed) => Promise<void>} body @param {string[]} [via] */
export async function routed(listener, body, via = []) {
  const { directory, remove } = await scratch();
  const far = http.createServer(listener).listen(0, '127.0.0.1');
  await once(far, 'listening');
  const address = far.address();
  assert.ok(address !== null && typeof address === 'object');
  const upstream = `http://127.0.0.1:${address.port}/v1`;
  const [program, ...args] = [...via, BINARY, 'provider-router', '--port', '0', '--upstream', upstream, '--data-dir', directory];
  const running = spawn(program, args, {
    env: cleanEnv({ HOME: directory }), stdio: ['ignore', 'pipe', 'pipe'],
  });
  let text = '';
  for (const stream of [running.stdout, running.stderr]) stream.on('data', (part) => { text += part; });
  try {
    const port = await eventually(() => /listening on port (\d+)/.exec(text)?.[1], 'the port');
    assert.ok(running.pid);
    await body({ port: Number(port), pid: running.pid, far, running, said: () => text });
  } catch (error) {
    if (error instanceof Error) error.message += `\n${text.slice(-3000)}`;
    throw error;
  } finally {
    running.kill('SIGKILL');
    far.closeAllConnections();
    far.close();
    await remove();
  }
}
