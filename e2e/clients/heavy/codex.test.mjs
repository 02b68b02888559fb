// Codex without a person, over `/v1/responses`: it reads a file with its own tool, and says what stands in it.
import assert from 'node:assert/strict';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { noteToRead } from '../lib/agent.mjs';
import { runToEnd } from '../lib/command.mjs';
import { through } from '../lib/through.mjs';

const CODEX = fileURLToPath(new URL('node_modules/.bin/codex', import.meta.url));

/** @param {string} url */
const configuration = (url) => `model = "agent"
model_provider = "signalbox"
check_for_update_on_startup = false
[analytics]
enabled = false
[model_providers.signalbox]
name = "Signalbox"
base_url = "${url}"
env_key = "SIGNALBOX_KEY"
wire_api = "responses"
`;

through('Codex: a task with a tool', async ({ upstream, url, key, directory }) => {
  const [folder, home] = [join(directory, 'work'), join(directory, 'codex')];
  await Promise.all([mkdir(folder), mkdir(home)]);
  await writeFile(join(home, 'config.toml'), configuration(url));
  const note = await noteToRead(upstream, folder);
  const env = { PATH: process.env.PATH ?? '', HOME: directory, CODEX_HOME: home, SIGNALBOX_KEY: key };
  // The only command that the script asks for is `cat`: the agent's own sandbox needs what a container does not have.
  const args = ['exec', '--skip-git-repo-check', '--dangerously-bypass-approvals-and-sandbox', 'What does note.txt say?'];
  const { code, stdout, stderr } = await runToEnd(CODEX, args, { env, cwd: folder, ms: 100_000 });
  assert.equal(code, 0, `${stdout}\n${stderr}`);
  assert.ok(stdout.includes(note), `${stdout}\n${stderr}`);
}, { timeout: 120_000, upstream: { responses: false } });
