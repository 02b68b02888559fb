// Everything in the data directory is its owner's alone, whatever the umask was.
import assert from 'node:assert/strict';
import { lstatSync, readdirSync } from 'node:fs';
import { chmod, mkdir } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { child, scenario } from '../lib/harness.mjs';
import { eventually } from '../lib/time.mjs';

const TOKEN = 'correct-horse-battery-staple';

/** @param {string} directory @returns {string[]} */
const all = (directory) => readdirSync(directory, { withFileTypes: true }).flatMap((entry) => {
  const path = join(directory, entry.name);
  return entry.isDirectory() ? [path, ...all(path)] : [path];
});

/** @param {string} root */
function openToOthers(root) {
  const found = [root, ...all(root)].filter((path) => (lstatSync(path).mode & 0o077) !== 0);
  return found.map((path) => `${relative(root, path) || '.'} ${(lstatSync(path).mode & 0o777).toString(8)}`);
}

for (const there of [false, true]) {
  scenario(`nothing is open to others${there ? ', in a directory that was there before' : ''}`, async (directory) => {
    if (there) {
      await mkdir(join(directory, 'data'));
      await chmod(join(directory, 'data'), 0o755);
    }
    return {
      via: ['sh', '-c', 'umask 0; exec "$0" "$@"'], headers: { authorization: `Bearer ${TOKEN}` }, env: { SIGNALBOX_TOKEN: TOKEN },
      processes: { a: { command: child('say:up', 'err:down'), ready: { stdout: 'up' } } },
    };
  }, async ({ server, events }) => {
    await server.order('start', 'a');
    await events.expect('a', 'starting', 'running');
    const answer = await server.call('/api/providers', {
      method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ name: 'x', type: 'openai', apiKey: 'sk-1' }),
    });
    assert.equal(answer.status, 201, answer.text);
    const expected = ['catalog.db', 'signalbox.db', 'requests.db', 'ledger', 'lock', 'token', 'requests.sock'];
    await eventually(() => expected.every((name) => all(server.dataDir).some((path) => path.endsWith(`/${name}`)))
      && all(server.dataDir).some((path) => path.includes('/logs/')), 'all that is kept');
    const open = openToOthers(server.dataDir);
    // A directory that somebody else made is theirs: what is in it is closed all the same.
    assert.deepEqual(open.filter((line) => !(there && line.startsWith('. '))), []);
  });
}
