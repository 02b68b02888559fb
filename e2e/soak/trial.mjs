// A long run against one server: what is claimed of it, what must be so in the end, and how the run ends.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { launch } from '../lib/harness.mjs';
import { zombiesOf } from '../lib/proc.mjs';
import { eventually } from '../lib/time.mjs';

/** @typedef {import('../lib/harness.mjs').Server} Server */

/** @type {string[]} */
const faults = [];

/** Says what holds and what does not. @param {boolean} holds @param {string} what */
export function claim(holds, what) {
  if (!holds) fault(what);
  process.stdout.write(`${holds ? 'ok  ' : 'FAIL'} ${what}\n`);
}

/** Something that must not be was seen. @param {string} what */
export function fault(what) {
  faults.push(what);
}

/**
 * A server in a folder of its own, which ends with this program.
 * @param {string} name @param {import('../lib/harness.mjs').Options} options
 */
export async function subject(name, options) {
  const server = await launch(options, await mkdtemp(join(tmpdir(), `signalbox-${name}-`)));
  process.on('exit', () => server.destroy());
  for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => process.exit(130));
  return server;
}

/**
 * Tries a server and ends this program: with 0 if there was no fault.
 * @param {string} name @param {Server} server @param {() => Promise<void>} body @param {string} good what is said then
 * @returns {Promise<never>}
 */
export async function attempt(name, server, body, good) {
  try {
    await server.listening();
    await body();
  } catch (error) {
    fault(String(error instanceof Error ? error.stack : error));
    process.stderr.write(`${faults.at(-1)}\n${server.said.slice(-4000)}\n`);
  } finally {
    server.destroy();
    await rm(server.cwd, { recursive: true, force: true });
  }
  process.stdout.write(`${name}: ${faults.length === 0 ? good : `${faults.length} FAILED`}\n`);
  process.exit(faults.length === 0 ? 0 : 1);
}

/** What the server's own auditor found. @param {Server} server */
export async function claimNoViolation(server) {
  const { checks, violations, last } = await server.get('/api/audit');
  claim(checks > 0 && violations === 0, `the server's own auditor: ${checks} checks, ${violations} violations ${JSON.stringify(last)}`);
}

/** Everything was stopped: nothing lives of it, not even as a zombie. @param {Server} server */
export async function claimNothingLeft(server) {
  await eventually(() => server.offspring().length === 0, 'no stray', 5000).catch(() => {});
  claim(server.offspring().length === 0, `no stray (${server.offspring()})`);
  await eventually(() => zombiesOf(server.pid).length === 0, 'no zombie', 5000).catch(() => {});
  claim(zombiesOf(server.pid).length === 0, `no zombie child (${zombiesOf(server.pid)})`);
}

/** @param {Server} server */
export async function claimGoodEnd(server) {
  const { code, signal } = await server.terminate();
  claim(code === 0 && signal === null, `SIGTERM ends the server with 0 (${code}, ${signal})`);
  claim(!/panicked at/.test(server.stderr), 'no panic');
}
