// One test with a scripted upstream of its own, and the real proxies in front of it.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { BINARY, cleanEnv, scratch } from '../../lib/harness.mjs';
import { eventually, within } from '../../lib/time.mjs';
import { UPSTREAM_KEY, Upstream } from './upstream.mjs';

/** The key that clients have, and that nobody but the proxy may see. */
export const CLIENT_KEY = 'sk-client-91ab';

/** @type {Record<string, {flag: string, key: string}>} */
const PROXIES = {
  'provider-router': { flag: '--upstream', key: 'SIGNALBOX_UPSTREAM_KEY' },
  'qwen-proxy': { flag: '--base-url', key: 'DASHSCOPE_API_KEY' },
};
/** Which proxies a request passes, the one that the client calls first. @type {Record<string, string[]>} */
const WAYS = { router: ['provider-router'], qwen: ['qwen-proxy'], chain: ['provider-router', 'qwen-proxy'] };

/** One of the two proxies, in front of one base URL. */
export class Proxy {
  output = '';

  /** @param {string} command @param {string} baseUrl @param {string} key @param {string} directory */
  static async start(command, baseUrl, key, directory) {
    const dataDir = join(directory, command);
    await mkdir(dataDir, { recursive: true });
    const proxy = new Proxy(command, [command, '--port', '0', PROXIES[command].flag, baseUrl, '--data-dir', dataDir], {
      HOME: directory, DASHSCOPE_API_KEY: '', QWEN_BASE_URL: '', [PROXIES[command].key]: key,
    });
    await eventually(() => proxy.port !== undefined || proxy.process.exitCode !== null, `the line of ${command}`).catch(() => {});
    assert.ok(proxy.port, `${command} listens\n${proxy.output}`);
    return proxy;
  }

  /** @param {string} command @param {string[]} args @param {Record<string, string>} env */
  constructor(command, args, env) {
    this.command = command;
    this.process = spawn(BINARY, args, { env: cleanEnv(env), stdio: ['ignore', 'pipe', 'pipe'] });
    this.exited = once(this.process, 'exit');
    this.exited.catch(() => {});
    for (const stream of [this.process.stdout, this.process.stderr]) stream.setEncoding('utf8').on('data', (part) => { this.output += part; });
  }

  get port() {
    return /Server listening on port (\d+)/.exec(this.output)?.[1];
  }

  get root() {
    return `http://127.0.0.1:${this.port}`;
  }

  get url() {
    return `${this.root}/v1`;
  }

  /** It must end well, and have told nobody a key. */
  async finish() {
    this.process.kill('SIGTERM');
    assert.deepEqual(await within(this.exited, `the end of ${this.command}`), [0, null], `the end of ${this.command}`);
    assert.doesNotMatch(this.output, /panicked at/, 'no panic');
    for (const key of [UPSTREAM_KEY, CLIENT_KEY]) assert.ok(!this.output.includes(key), `no key in the output of ${this.command}`);
  }
}

/**
 * `url` ends in `/v1`, `root` does not; `directory` is the test's own.
 * @typedef {{upstream: Upstream, url: string, root: string, key: string, directory: string}} World
 * @typedef {{via?: string[], timeout?: number, upstream?: Parameters<typeof Upstream.start>[0]}} Options
 */

/** @param {string} way @param {string} baseUrl @param {string} directory @returns {Promise<Proxy[]>} the one to call comes last */
export async function startAll(way, baseUrl, directory) {
  /** @type {Proxy[]} */
  const proxies = [];
  for (const command of [...WAYS[way]].reverse()) {
    const next = proxies.at(-1);
    proxies.push(await Proxy.start(command, next?.url ?? baseUrl, next ? '' : UPSTREAM_KEY, directory));
  }
  return proxies;
}

/** @param {Upstream} upstream */
async function verifyUpstream(upstream) {
  for (const one of upstream.seen) {
    assert.ok(!JSON.stringify(one.headers).includes(CLIENT_KEY), "the client's key does not travel on");
  }
  await eventually(() => upstream.seen.every((one) => one.endedAt !== null), 'the end of every request to the upstream');
}

/** @param {string} way @param {Options} options @param {(world: World) => Promise<void>} body */
async function play(way, options, body) {
  const { directory, remove } = await scratch();
  const upstream = await Upstream.start(options.upstream);
  /** @type {Proxy[]} */
  let proxies = [];
  try {
    proxies = await startAll(way, upstream.url, directory);
    const { url, root } = /** @type {Proxy} */ (proxies.at(-1));
    await body({ upstream, url, root, key: CLIENT_KEY, directory });
    await verifyUpstream(upstream);
    for (const proxy of proxies.reverse()) await proxy.finish();
  } catch (error) {
    if (error instanceof Error) error.message += `\n${proxies.map((proxy) => proxy.output).join('\n').slice(-3000)}`;
    throw error;
  } finally {
    for (const proxy of proxies) proxy.process.kill('SIGKILL');
    upstream.close();
    await remove();
  }
}

/** @param {string} what @param {(world: World) => Promise<void>} body @param {Options} [options] */
export function through(what, body, options = {}) {
  for (const way of options.via ?? ['router']) {
    test(`${way}: ${what}`, { timeout: options.timeout ?? 60_000 }, () => play(way, options, body));
  }
}
