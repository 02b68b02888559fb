// Runs the real binary in a directory of its own and leaves nothing behind.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { EventReader, SseConnection } from './events.mjs';
import { call } from './http.mjs';
import { checkStream } from './invariants.mjs';
import { freePort } from './ports.mjs';
import { alive, census } from './proc.mjs';
import { eventually, within } from './time.mjs';
import { toml } from './toml.mjs';

export const BINARY = process.env.SIGNALBOX_BIN ?? fileURLToPath(new URL('../../target/debug/signalbox', import.meta.url));
const CHILD = fileURLToPath(new URL('../fixtures/child.mjs', import.meta.url));

/** argv of a scripted child, see fixtures/child.mjs. @param {...string} steps */
export const child = (...steps) => [process.execPath, CHILD, ...steps];
/** A step that starts a further process, as JSON. @param {string} kind @param {...string} steps */
export const nested = (kind, ...steps) => `${kind}:${JSON.stringify(steps)}`;
/** A child that only lives. */
export const SLEEP = ['sleep', '100000'];

/**
 * @typedef {Record<string, any>} Table
 * @typedef {{
 *   processes?: Record<string, Table>, server?: Table, text?: string, args?: string[], env?: Record<string, string>,
 *   dataDir?: string, headers?: Record<string, string>, via?: string[], uid?: number, listen?: string | null,
 *   noDataDir?: boolean, noConfig?: boolean,
 * }} Options
 */

/** The environment without anything that would steer the program. @param {Record<string, string>} extra */
export function cleanEnv(extra) {
  const env = { ...process.env, ...extra };
  for (const key of Object.keys(env)) {
    const steers = key.startsWith('SIGNALBOX_') || key.startsWith('NODE_TEST') || key === 'PORT' || key === 'NODE_OPTIONS';
    if (steers && !(key in extra)) delete env[key];
  }
  return env;
}

/** A directory that is gone after the test. */
export async function scratch() {
  const directory = await mkdtemp(join(tmpdir(), 'signalbox-e2e-'));
  return { directory, remove: () => rm(directory, { recursive: true, force: true }) };
}

/**
 * Runs the binary to its end.
 * @param {string[]} args
 * @param {{env?: Record<string, string>, cwd?: string, input?: string, ms?: number}} [options]
 * @returns {Promise<{code: number | null, signal: string | null, stdout: string, stderr: string}>}
 */
export function run(args, { env = {}, cwd, ms } = {}) {
  const running = spawn(BINARY, args, { env: cleanEnv(env), cwd, stdio: ['ignore', 'pipe', 'pipe'] });
  let stdout = '';
  let stderr = '';
  running.stdout.setEncoding('utf8').on('data', (part) => { stdout += part; });
  running.stderr.setEncoding('utf8').on('data', (part) => { stderr += part; });
  const done = new Promise((resolve, reject) => {
    running.on('error', reject);
    running.on('close', (code, signal) => resolve({ code, signal, stdout, stderr }));
  });
  return within(done, `signalbox ${args.join(' ')}`, ms).catch((error) => {
    running.kill('SIGKILL');
    throw new Error(`${error.message}\nstdout: ${stdout}\nstderr: ${stderr}`);
  });
}

/** One run of `signalbox up`. */
export class Server {
  /** @type {import('node:child_process').ChildProcessByStdio<null, import('node:stream').Readable, import('node:stream').Readable>} */
  process;
  stdout = '';
  stderr = '';
  url = '';
  marker = randomUUID();
  /** @type {Promise<{code: number | null, signal: NodeJS.Signals | null}>} */
  exited;
  ended = false;
  /** @type {EventReader[]} */
  #readers = [];

  /** @param {string[]} argv @param {Options} options @param {string} cwd @param {Record<string, number>} ports */
  constructor(argv, options, cwd, ports) {
    this.headers = options.headers ?? {};
    this.ports = ports;
    this.cwd = cwd;
    this.dataDir = options.dataDir ?? join(cwd, 'data');
    const [program, ...args] = [...(options.via ?? []), BINARY, ...argv];
    this.process = spawn(program, args, {
      cwd, env: cleanEnv({ HOME: cwd, XDG_DATA_HOME: join(cwd, 'share'), SIGNALBOX_E2E: this.marker, ...options.env }),
      uid: options.uid, gid: options.uid, stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.process.stdout.setEncoding('utf8').on('data', (part) => { this.stdout += part; });
    this.process.stderr.setEncoding('utf8').on('data', (part) => { this.stderr += part; });
    this.exited = new Promise((done, fail) => {
      this.process.on('error', fail);
      this.process.on('exit', (code, signal) => { this.ended = true; done({ code, signal }); });
    });
    this.exited.catch(() => {});
  }

  get pid() {
    return this.process.pid ?? 0;
  }

  /** What the server said, for a failed assertion. */
  get said() {
    return `stdout: ${this.stdout}\nstderr: ${this.stderr}`;
  }

  /** Waits for the line that says where it listens. */
  async listening() {
    const line = () => /^Server listening on (https?:\/\/\S+)$/m.exec(this.stdout)?.[1];
    await eventually(() => line() !== undefined || this.ended, 'Server listening on …').catch((error) => {
      throw new Error(`${error.message}\n${this.said}`);
    });
    const url = line();
    if (url === undefined) throw new Error(`the server ended before it listened\n${this.said}`);
    this.url = url;
    return this;
  }

  /** @param {string} path @param {import('./http.mjs').Call} [options] */
  call(path, options = {}) {
    return call(this.url + path, { ...options, headers: { ...this.headers, ...options.headers } });
  }

  /** GET that must succeed. @param {string} path @returns {Promise<any>} */
  async get(path) {
    const answer = await this.call(path);
    assert.equal(answer.status, 200, `GET ${path}: ${answer.text}`);
    return answer.json;
  }

  /** POST that must succeed. @param {string} path @returns {Promise<any>} */
  async post(path) {
    const answer = await this.call(path, { method: 'POST' });
    assert.equal(answer.status, 200, `POST ${path}: ${answer.text}`);
    return answer.json;
  }

  /** @param {string} id @returns {Promise<any>} */
  state(id) {
    return this.get(`/api/processes/${id}`);
  }

  /** An order for one process, answered at once. @param {'start' | 'stop' | 'restart'} verb @param {string} id */
  order(verb, id, query = '') {
    return this.post(`/api/processes/${id}/${verb}${query}`);
  }

  /** All lifecycle events of this server from `after` on. */
  async events(after = 0) {
    const reader = await EventReader.open(this.url, this.headers, this.marker, after);
    this.#readers.push(reader);
    return reader;
  }

  /** @param {string} path @param {Record<string, string>} [headers] */
  sse(path, headers = {}) {
    return SseConnection.open(this.url + path, { ...this.headers, ...headers });
  }

  /** A client command against this server. @param {string[]} args @param {Record<string, string>} [env] */
  cli(args, env = {}) {
    return run(args, { env: { HOME: this.cwd, XDG_DATA_HOME: join(this.cwd, 'share'), SIGNALBOX_URL: this.url, ...env }, cwd: this.cwd });
  }

  /** @param {NodeJS.Signals} signal */
  signal(signal) {
    process.kill(this.pid, signal);
  }

  /** The living members of the trees of this run's processes. @returns {number[]} */
  offspring() {
    return census(this.marker).filter((one) => one.id !== undefined).map((one) => one.pid);
  }

  /** What the server runs for its own ends, if anything. @returns {number[]} */
  helpers() {
    return census(this.marker).filter((one) => one.id === undefined && one.pid !== this.pid).map((one) => one.pid);
  }

  /** Asks it to end, as a service manager does. */
  async terminate() {
    this.signal('SIGTERM');
    return within(this.exited, `the server's end after SIGTERM\n${this.said}`, 40_000);
  }

  /** What must hold at the end of every test; leaves nothing alive. */
  async finish() {
    try {
      if (!this.ended && this.url !== '') await this.#endWell();
      this.#verify();
    } finally {
      for (const reader of this.#readers) reader.close();
      this.destroy();
    }
  }

  async #endWell() {
    assert.ok(alive(this.pid), `the server is alive\n${this.said}`);
    const [first] = this.#readers;
    if (first) await first.caughtUp((await this.get('/api/processes')).seq);
    const { code, signal } = await this.terminate();
    assert.deepEqual([code, signal], [0, null], `the server's end\n${this.said}`);
    assert.deepEqual(this.offspring(), [], 'nothing outlives the server');
    await eventually(() => this.helpers().length === 0, 'the end of what the server ran for its own ends', 5000);
  }

  #verify() {
    for (const reader of this.#readers) {
      assert.deepEqual(reader.lies, [], 'what was announced as ended had ended');
      checkStream(reader.all, this.ports);
    }
    assert.doesNotMatch(this.stderr, /panicked at/, 'no panic');
  }

  /** Kills all that is left. */
  destroy() {
    if (!this.ended) this.process.kill('SIGKILL');
    for (const pid of [...this.offspring(), ...this.helpers()]) {
      try { process.kill(pid, 'SIGKILL'); } catch { /* gone */ }
    }
  }
}

/**
 * `port: 'free'` becomes a free port; restarts are off unless the test is about them.
 * @param {Record<string, Table>} processes
 */
async function prepare(processes) {
  /** @type {Record<string, number>} */
  const ports = {};
  /** @type {Record<string, Table>} */
  const tables = {};
  for (const [id, table] of Object.entries(processes)) {
    const port = table.port === 'free' ? await freePort() : table.port;
    if (port !== undefined) ports[id] = port;
    tables[id] = { restart: { policy: 'never' }, ...table, port };
    if (table.builtin && !table.restart) delete tables[id].restart;
  }
  return { ports, tables };
}

/** The arguments of `up` for these options. @param {Options} options @param {string} cwd @param {string} config */
function argumentsOf(options, cwd, config) {
  const argv = ['up'];
  if (!options.noConfig) argv.push('--config', config);
  if (options.listen !== null) argv.push('--listen', options.listen ?? '127.0.0.1:0');
  if (!options.noDataDir) argv.push('--data-dir', options.dataDir ?? join(cwd, 'data'));
  return [...argv, ...(options.args ?? [])];
}

/** Starts `signalbox up`; the caller ends it. @param {Options} options @param {string} cwd */
export async function launch(options, cwd) {
  const { ports, tables } = await prepare(options.processes ?? {});
  const config = join(cwd, 'signalbox.toml');
  if (!options.noConfig) await writeFile(config, options.text ?? toml({ server: options.server, processes: tables }));
  assert.ok(existsSync(BINARY), `no binary at ${BINARY}`);
  return new Server(argumentsOf(options, cwd, config), options, cwd, ports);
}

/**
 * @typedef {{server: Server, events: EventReader, ports: Record<string, number>, t: import('node:test').TestContext,
 *   directory: string, again: (options?: Options) => Promise<Server>}} World
 */

/**
 * One test with a server of its own. At its end the server must end well on SIGTERM, nothing of it may be alive, and
 * the whole event stream must be legal.
 * @param {string} name
 * @param {Options | ((directory: string) => Promise<Options> | Options)} options a function gets the test's own directory
 * @param {(world: World) => Promise<void>} body
 */
export function scenario(name, options, body) {
  test(name, { timeout: 120_000 }, async (t) => {
    const { directory, remove } = await scratch();
    /** @type {Server[]} */
    const servers = [];
    const chosen = typeof options === 'function' ? await options(directory) : options;
    if (chosen.uid !== undefined) await chmod(directory, 0o755);
    const open = async (/** @type {Options} */ wanted) => {
      const server = await launch(wanted, directory);
      servers.push(server);
      return server.listening();
    };
    try {
      const server = await open(chosen);
      const events = await server.events();
      const fixed = { ...chosen, processes: pinned(chosen.processes ?? {}, server.ports) };
      await body({ server, events, ports: server.ports, t, directory, again: (other = {}) => open({ ...fixed, ...other }) });
      for (const one of servers) await one.finish();
    } catch (error) {
      if (error instanceof Error) error.message += `\n${servers.map((one) => one.said.slice(-3000)).join('\n')}`;
      throw error;
    } finally {
      for (const one of servers) { await one.finish().catch(() => {}); one.destroy(); }
      await remove();
    }
  });
}

/** The same processes on the ports that they got the first time. @param {Record<string, Table>} processes @param {Record<string, number>} ports */
function pinned(processes, ports) {
  return Object.fromEntries(Object.entries(processes).map(([id, table]) => [id, { ...table, port: ports[id] }]));
}
