// docs/complaints.md says which test proves what: each of them exists.
import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));

/** Whether a file has a test of this name. In JavaScript and Python it is a text, in Rust a function. @param {string} source @param {string} path @param {string} name */
function hasTest(source, path, name) {
  if (path.endsWith('.rs')) return new RegExp(`#\\[(tokio::)?test[^\\]]*\\]\\s+(async )?fn ${name}\\(`).test(source);
  return ["'", '"', '`'].some((quote) => source.includes(quote + name)) || source.includes(`\${command}: ${name}`);
}

test('each test that docs/complaints.md names exists, and each row names one', () => {
  const document = readFileSync(`${ROOT}docs/complaints.md`, 'utf8');
  const rows = document.split('\n').filter((line) => line.startsWith('| ') && !line.startsWith('| ---'));
  const numbered = rows.filter((row) => /^\| \d+\. /.test(row)).length;
  assert.equal(numbered, 45, 'twenty-five complaints and twenty faults');
  const missing = [];
  for (const row of rows.filter((line) => !/\| proven by \|$/.test(line))) {
    const proofs = [...row.matchAll(/`((?:crates|e2e)\/[\w./-]+\.(?:rs|mjs|py)): ([^`]+)`/g)];
    if (proofs.length === 0) missing.push(`no test: ${row}`);
    for (const [, path, name] of proofs) {
      const source = existsSync(ROOT + path) ? readFileSync(ROOT + path, 'utf8') : '';
      if (!hasTest(source, path, name)) missing.push(`${path}: ${name}`);
    }
  }
  assert.deepEqual(missing, []);
});
