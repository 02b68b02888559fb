// Tells the server of requests as a proxy does: a line of JSON each, over the socket in its data directory.
import { connect } from 'node:net';
import { join } from 'node:path';
import { within } from '../../lib/time.mjs';

/** @typedef {Record<string, unknown>} Fields */

/** What each request is, unless its test says otherwise. */
const USUAL = { path: '/v1/chat/completions', client: 'the-test/1', model: 'tiny', provider: 'ollama', stream: true };
const DONE = { status: 200, outcome: 'complete', promptTokens: 12, completionTokens: 3, firstTokenMs: 40.5, totalMs: 250 };

/** @param {import('../../lib/harness.mjs').Server} server @param {string} [process] */
export async function reporter(server, process = 'providerRouter') {
  const socket = connect(join(server.dataDir, 'requests.sock'));
  socket.on('error', () => {});
  await within(new Promise((done, fail) => { socket.once('connect', () => done(undefined)).once('error', fail); }), 'requests.sock');
  const tell = (/** @type {object} */ line) => socket.write(`${JSON.stringify(line)}\n`);
  tell({ hello: { process, generation: 1, pid: server.pid } });
  let key = 0;
  return {
    /** One in flight, until `end`. @param {Fields} [fields] */
    begin(fields = {}) {
      key += 1;
      const [own, entry] = [key, { time: Date.now(), ...USUAL, ...fields }];
      tell({ row: { key: own, entry } });
      return { end: (/** @type {Fields} */ ended = {}) => tell({ row: { key: own, entry: { ...entry, ...DONE, ...ended } } }) };
    },
    /** It dies. */
    close: () => socket.destroy(),
  };
}
