// `llm`, the command line for language models.
import assert from 'node:assert/strict';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { eventually } from '../lib/time.mjs';
import { SCHEMA_VALUE, TEXT } from './lib/ask.mjs';
import { Command, runToEnd } from './lib/command.mjs';
import { offline, program } from './lib/python.mjs';
import { AFTER_TOOLS, NAMES } from './lib/scripts.mjs';
import { through } from './lib/through.mjs';

/** The models as its documentation has them for other servers. @param {import('./lib/through.mjs').World} world */
async function configured({ url, directory }) {
  const folder = join(directory, 'llm');
  await mkdir(folder);
  const models = NAMES.map((name) => `- model_id: ${name}\n  model_name: ${name}\n  api_base: ${url}\n  supports_tools: true\n  supports_schema: true\n`);
  await writeFile(join(folder, 'extra-openai-models.yaml'), models.join(''));
  return { env: offline({ LLM_USER_PATH: folder, HOME: directory }), cwd: directory };
}

/** @param {import('./lib/through.mjs').World} world @param {string} model @param {string[]} more */
const argumentsFor = (world, model, ...more) => ['prompt', '--model', model, '--key', world.key, '--no-log', 'Hello', ...more];

through('llm: a prompt, streamed and not', async (world) => {
  const setting = await configured(world);
  for (const more of [[], ['--no-stream']]) {
    const { code, stdout, stderr } = await runToEnd(program('llm'), argumentsFor(world, 'plain', ...more), setting);
    assert.deepEqual([code, stdout.trim()], [0, TEXT], stderr);
  }
  assert.deepEqual(world.upstream.asked('plain').map((one) => one.body.stream ?? false), [true, false]);
});

through('llm: a tool call and a schema', async (world) => {
  const setting = await configured(world);
  const code = 'def get_weather(city: str, unit: str) -> str:\n    "The weather in a city"\n    return "21 degrees"\n';
  const tools = await runToEnd(program('llm'), argumentsFor(world, 'tools', '--functions', code), setting);
  assert.deepEqual([tools.code, tools.stdout.trim()], [0, AFTER_TOOLS], tools.stderr);
  const schema = await runToEnd(program('llm'), argumentsFor(world, 'schema', '--schema', 'city, degrees int'), setting);
  assert.deepEqual(JSON.parse(schema.stdout), SCHEMA_VALUE, schema.stderr);
});

through('llm: a wrong key, and a stream that is cut', async (world) => {
  const setting = await configured(world);
  const refused = await runToEnd(program('llm'), argumentsFor(world, 'status-401'), setting);
  assert.notEqual(refused.code, 0);
  assert.match(refused.stderr, /Incorrect API key provided/);
  const cut = await runToEnd(program('llm'), argumentsFor(world, 'cut'), setting);
  assert.notEqual(cut.code, 0, cut.stdout);
});

through('llm: Ctrl-C ends the request upstream', async (world) => {
  const command = new Command(program('llm'), argumentsFor(world, 'endless'), await configured(world));
  try {
    await eventually(() => command.stdout.includes('on and'), 'the first words');
    command.kill('SIGINT');
    await eventually(() => world.upstream.last('endless').endedAt !== null, 'the end upstream');
  } finally { command.kill('SIGKILL'); }
});
