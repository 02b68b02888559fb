// A script for coding agents: it has the agent read a file with a tool of the agent's own, and then says what stood there.
import { randomUUID } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { answered } from './chat.mjs';

/** What agents call the tool that reads a file, else the one that runs a command. */
const READERS = ['read_file', 'read', 'Read'];
const SHELLS = ['exec_command', 'shell', 'shell_command', 'local_shell'];

/** @param {any} content text, or parts with text */
const textOf = (content) => (typeof content === 'string' ? content : (content ?? []).map((/** @type {any} */ part) => part.text ?? '').join(''));

/** @param {any} tool @param {RegExp} name */
const propertyOf = (tool, name) => Object.entries(/** @type {Record<string, any>} */ (tool.function.parameters?.properties ?? {})).find(([key]) => name.test(key));

/** The arguments for a tool of whatever shape that names a file or a command. @param {any} tool @param {string} file */
function argumentsFor(tool, file) {
  const path = propertyOf(tool, /path/i);
  if (READERS.includes(tool.function.name) && path) return { [path[0]]: file };
  const [key, schema] = propertyOf(tool, /^(cmd|command)$/) ?? ['command', {}];
  return { [key]: schema.type === 'array' ? ['cat', file] : `cat ${file}` };
}

/** @param {any[]} tools */
const toolOf = (tools) => [...READERS, ...SHELLS].map((name) => tools.find((tool) => tool.function?.name === name)).find(Boolean);

/** @param {string} file @returns {import('./scripts.mjs').Script} */
const reading = (file) => ({ body }) => {
  const result = body.messages.findLast((/** @type {any} */ one) => one.role === 'tool');
  if (result) return answered(body, { pieces: ['It ', 'says: ', textOf(result.content)] });
  const tool = toolOf(body.tools ?? []);
  if (!tool) return answered(body, { pieces: ['A ', 'note'] });
  const call = { id: 'call_read_1', name: tool.function.name, arguments: JSON.stringify(argumentsFor(tool, file)) };
  return answered(body, { pieces: ['I ', 'look.'], calls: [call] });
};

/** Writes a note into the folder, and gives the script under which an agent reads it. @param {import('./upstream.mjs').Upstream} upstream @param {string} folder */
export async function noteToRead(upstream, folder) {
  const text = `the heron ${randomUUID()} stands still`;
  const file = join(folder, 'note.txt');
  await writeFile(file, `${text}\n`);
  upstream.scripts.agent = reading(file);
  return text;
}
