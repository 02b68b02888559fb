// OpenCode without a person: it reads a file with its own tool, and says what stands in it.
import assert from 'node:assert/strict';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { noteToRead } from '../lib/agent.mjs';
import { runToEnd } from '../lib/command.mjs';
import { through } from '../lib/through.mjs';

const OPENCODE = fileURLToPath(new URL('node_modules/.bin/opencode', import.meta.url));

/** @param {string} url @param {string} key */
const configuration = (url, key) => ({
  autoupdate: false, share: 'disabled', model: 'signalbox/agent', small_model: 'signalbox/agent',
  provider: { signalbox: { npm: '@ai-sdk/openai-compatible', name: 'Signalbox', options: { baseURL: url, apiKey: key }, models: { agent: { name: 'agent' } } } },
});

through('OpenCode: a task with a tool', async ({ upstream, url, key, directory }) => {
  const folder = join(directory, 'work');
  await mkdir(folder);
  const note = await noteToRead(upstream, folder);
  await writeFile(join(folder, 'opencode.json'), JSON.stringify(configuration(url, key)));
  const env = { PATH: process.env.PATH ?? '', HOME: directory, OPENCODE_DISABLE_AUTOUPDATE: '1', OPENCODE_DISABLE_MODELS_FETCH: '1', OPENCODE_DISABLE_LSP_DOWNLOAD: '1', OPENCODE_DISABLE_DEFAULT_PLUGINS: '1' };
  const { code, stdout, stderr } = await runToEnd(OPENCODE, ['run', 'What does note.txt say?'], { env, cwd: folder, ms: 100_000 });
  assert.equal(code, 0, stderr);
  assert.ok(stdout.includes(note), `${stdout}\n${stderr}`);
}, { timeout: 120_000 });
