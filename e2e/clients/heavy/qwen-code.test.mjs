// qwen-code without a person: it reads a file with its own tool, and says what stands in it.
import assert from 'node:assert/strict';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { noteToRead } from '../lib/agent.mjs';
import { runToEnd } from '../lib/command.mjs';
import { through } from '../lib/through.mjs';

const QWEN = fileURLToPath(new URL('node_modules/.bin/qwen', import.meta.url));

through('qwen-code: a task with a tool', async ({ upstream, url, key, directory }) => {
  const folder = join(directory, 'work');
  await mkdir(folder);
  const note = await noteToRead(upstream, folder);
  const env = { PATH: process.env.PATH ?? '', HOME: directory, OPENAI_API_KEY: key, OPENAI_BASE_URL: url, OPENAI_MODEL: 'agent' };
  const { code, stdout, stderr } = await runToEnd(QWEN, ['--auth-type', 'openai', '-p', 'What does note.txt say?'], { env, cwd: folder });
  assert.equal(code, 0, stderr);
  assert.ok(stdout.includes(note), `${stdout}\n${stderr}`);
  assert.ok(upstream.asked('agent').some((one) => one.body.messages.some((/** @type {any} */ message) => message.role === 'tool')));
}, { via: ['router', 'qwen'], timeout: 120_000 });

through('qwen-code: a wrong key is told', async ({ url, key, directory }) => {
  const env = { PATH: process.env.PATH ?? '', HOME: directory, OPENAI_API_KEY: key, OPENAI_BASE_URL: url, OPENAI_MODEL: 'status-401' };
  const { code, stdout, stderr } = await runToEnd(QWEN, ['--auth-type', 'openai', '-p', 'Hello'], { env, cwd: directory });
  assert.notEqual(code, 0, stdout);
  assert.match(stdout + stderr, /Incorrect API key provided|401/);
}, { timeout: 120_000 });
