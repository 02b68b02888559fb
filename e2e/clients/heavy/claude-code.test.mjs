// Claude Code without a person, over `/v1/messages`: it reads a file with its own tool, and says what stands in it.
import assert from 'node:assert/strict';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { noteToRead } from '../lib/agent.mjs';
import { runToEnd } from '../lib/command.mjs';
import { through } from '../lib/through.mjs';

const CLAUDE = fileURLToPath(new URL('node_modules/.bin/claude', import.meta.url));

through('Claude Code: a task with a tool', async ({ upstream, root, key, directory }) => {
  const folder = join(directory, 'work');
  await mkdir(folder);
  const note = await noteToRead(upstream, folder);
  const env = {
    PATH: process.env.PATH ?? '', HOME: directory, ANTHROPIC_BASE_URL: root, ANTHROPIC_AUTH_TOKEN: key, ANTHROPIC_MODEL: 'agent',
    ANTHROPIC_DEFAULT_HAIKU_MODEL: 'agent', CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: '1', DISABLE_AUTOUPDATER: '1', DISABLE_TELEMETRY: '1',
  };
  const { code, stdout, stderr } = await runToEnd(CLAUDE, ['-p', 'What does note.txt say?', '--allowedTools', 'Read'], { env, cwd: folder, ms: 100_000 });
  assert.equal(code, 0, `${stdout}\n${stderr}`);
  assert.ok(stdout.includes(note), `${stdout}\n${stderr}`);
}, { timeout: 120_000 });
