// A data directory that a newer program has used: refused, named, and left as it is, by the server and by both proxies.
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { run, scenario, SLEEP } from '../lib/harness.mjs';

/** Where SQLite keeps `user_version`, the version of our tables: four bytes at 60. */
const VERSION_AT = 60;

for (const name of ['catalog.db', 'signalbox.db', 'requests.db']) {
  scenario(`${name} of a newer program`, { processes: { a: { command: SLEEP } } }, async ({ server, directory }) => {
    await server.terminate();
    const file = join(server.dataDir, name);
    const before = readFileSync(file);
    const newer = Buffer.from(before);
    newer.writeUInt32BE(99, VERSION_AT);
    writeFileSync(file, newer);
    const up = ['up', '--config', join(directory, 'signalbox.toml'), '--listen', '127.0.0.1:0'];
    for (const program of [up, ['provider-router', '--port', '0'], ['qwen-proxy', '--port', '0']]) {
      const ended = await run([...program, '--data-dir', server.dataDir]);
      assert.equal(ended.code, 1, ended.stderr);
      assert.ok(ended.stderr.includes(file) && /made by a newer Signalbox/.test(ended.stderr), ended.stderr);
      assert.match(ended.stderr, /version 99, this one knows \d+\): run that one, give another --data-dir, or move it away/);
      assert.equal(ended.stdout, '');
      assert.deepEqual(readFileSync(file), newer, 'it is left as it is');
    }
  });
}
