// Clients in Python: one process for each, which carries out the cases that its module has.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { after } from 'node:test';
import { fileURLToPath } from 'node:url';
import { within } from '../../lib/time.mjs';
import { through } from './through.mjs';

const HERE = fileURLToPath(new URL('../', import.meta.url));
/** How long it may take until a module with all its dependencies is loaded. */
const LOADED_MS = 60_000;
const CASE_MS = 60_000;

/** A program of the environment for Python. @param {string} name @param {string} [environment] */
export function program(name, environment = '.venv') {
  const path = join(HERE, environment, 'bin', name);
  assert.ok(existsSync(path), `no ${path}: run scripts/require-clients, which makes it`);
  return path;
}

/** Nobody of them may ask the world. @param {Record<string, string>} [more] @returns {Record<string, string>} */
export const offline = (more = {}) => ({
  PATH: process.env.PATH ?? '', LITELLM_LOCAL_MODEL_COST_MAP: 'True', LITELLM_MODE: 'PRODUCTION', LANGSMITH_TRACING: 'false',
  NO_COLOR: '1', PYTHONUTF8: '1', PYTHONDONTWRITEBYTECODE: '1', HOME: '/nonexistent', ...more,
});

class Driver {
  stderr = '';

  /** @param {string} module */
  constructor(module) {
    this.process = spawn(program('python'), ['-u', join(HERE, 'python/driver.py'), module], { env: offline(), stdio: ['pipe', 'pipe', 'pipe'] });
    this.process.stderr.setEncoding('utf8').on('data', (part) => { this.stderr += part; });
    this.lines = createInterface({ input: this.process.stdout })[Symbol.asyncIterator]();
  }

  /** @param {string} what @param {number} ms */
  async answer(what, ms) {
    const { value, done } = await within(this.lines.next(), what, ms).catch((error) => { throw new Error(`${error.message}\n${this.stderr}`); });
    assert.ok(!done, `${what}: it ended\n${this.stderr}`);
    return JSON.parse(value);
  }

  /** @param {string} name @param {import('./through.mjs').World} world */
  async carryOut(name, { url, root, key, upstream }) {
    const order = { case: name, world: { url, root, key, control: `${upstream.root}/control` } };
    this.process.stdin.write(`${JSON.stringify(order)}\n`);
    const { ok, error } = await this.answer(name, CASE_MS);
    assert.ok(ok, error);
  }
}

/** Registers a test for each case of a module. @param {string} module @param {import('./through.mjs').Options} [options] */
export async function casesOf(module, options = {}) {
  const driver = new Driver(module);
  after(() => { driver.process.kill('SIGKILL'); });
  const { cases } = await driver.answer(`the cases of ${module}`, LOADED_MS);
  for (const name of cases) through(name, (world) => driver.carryOut(name, world), options);
}
