// Some hundred starts and stops, as `make endurance` does a hundred thousand; and that it would see what grows.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { within } from '../lib/time.mjs';
import { FIGURES, growth } from '../soak/figures.mjs';

const RUN = fileURLToPath(new URL('../soak/endurance.mjs', import.meta.url));

/** Samples of a server of which nothing changes but what `change` does to the sample of this number. @param {(n: number) => Record<string, number>} change */
const samples = (change) => Array.from({ length: 40 }, (_, n) => (
  /** @type {import('../soak/figures.mjs').Figures} */ ({ ...Object.fromEntries(Object.keys(FIGURES).map((name) => [name, 10])), ...change(n) })
));

test('what grows is named, what only fills up or moves about is not', () => {
  assert.deepEqual(growth(samples(() => ({}))), []);
  assert.deepEqual(growth(samples((n) => ({ memory: Math.min(n, 9) * 1e6, threads: 10 + (n % 4) }))), []);
  assert.deepEqual(growth(samples((n) => ({ memory: n === 39 ? 1e9 : 1e6 }))), [], 'one sample is none');
  assert.deepEqual(growth(samples((n) => ({ memory: 8e6 + n * 1e5 }))), ['memory MB grew from 9.06 to 10.97, 0.75 more are allowed']);
  assert.deepEqual(growth(samples((n) => ({ descriptors: 20 + Math.floor(n / 10) }))), ['descriptors grew from 21 to 23, 0 more are allowed']);
});

test('three hundred cycles: nothing left, no event missing', { timeout: 180_000 }, async (t) => {
  const run = spawn(process.execPath, [RUN, '--cycles', '300', '--samples', '3'], { stdio: ['ignore', 'pipe', 'pipe'] });
  t.after(() => run.kill('SIGTERM'));
  let said = '';
  for (const stream of [run.stdout, run.stderr]) stream.setEncoding('utf8').on('data', (part) => { said += part; });
  const [code] = await within(once(run, 'close'), 'the end of the run', 170_000).catch((error) => { throw new Error(`${error.message}\n${said}`); });
  assert.equal(code, 0, said.slice(-6000));
  t.diagnostic(said);
});
