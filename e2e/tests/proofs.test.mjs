// Documents that say which test proves what: each of them exists, and each row of each table names one.
import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));

/** The documents, and how many rows each of them has at least. */
const DOCUMENTS = { 'docs/faults.md': 50, 'docs/complaints.md': 65, 'docs/security.md': 26, 'docs/socketio.md': 20 };

/** Whether a text of this source that has parts to be filled in, with others of its texts, is this name. @param {string} source @param {string} template @param {string} name */
function becomes(source, template, name) {
  const fixed = template.split(/\$\{[^}]*\}/);
  if (fixed.length < 2) return false;
  const pattern = fixed.map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')).join('(.+)');
  const filled = new RegExp(`^${pattern}$`).exec(name);
  return filled !== null && filled.slice(1).every((part) => source.includes(part));
}

/** Whether a file has a test of this name: in Rust a function, elsewhere a text. @param {string} path @param {string} name */
function hasTest(path, name) {
  if (!existsSync(ROOT + path)) return false;
  const source = readFileSync(ROOT + path, 'utf8');
  if (path.endsWith('.rs')) return new RegExp(`#\\[(tokio::)?test[^\\]]*\\]\\s+(async )?fn ${name}\\(`).test(source);
  const texts = [...source.matchAll(/'((?:[^'\\\n]|\\.)*)'|"((?:[^"\\\n]|\\.)*)"|`([^`]*)`/g)];
  return texts.some(([, single, double, template]) => (template === undefined ? (single ?? double) === name : template === name || becomes(source, template, name)));
}

for (const [document, atLeast] of Object.entries(DOCUMENTS)) {
  test(`each row of ${document} names tests, and they exist`, () => {
    const rows = readFileSync(ROOT + document, 'utf8').split('\n').filter((line) => /^\| (?!---)/.test(line) && !/\| proven by \|$/.test(line));
    assert.ok(rows.length >= atLeast, `${rows.length} rows`);
    const missing = [];
    for (const row of rows) {
      const proofs = [...row.matchAll(/`((?:crates|e2e)\/[\w./-]+\.(?:rs|mjs|py)): ([^`]+)`/g)];
      if (proofs.length === 0) missing.push(`no test: ${row}`);
      for (const [, path, name] of proofs) if (!hasTest(path, name)) missing.push(`${path}: ${name}`);
    }
    assert.deepEqual(missing, []);
  });
}
