// What clients leave behind: after a storm of abandoned requests, no descriptor and no connection more than before, and
// nothing in flight.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import net from 'node:net';
import { test } from 'node:test';
import { call } from '../lib/http.mjs';
import { descriptors } from '../lib/proc.mjs';
import { routed } from '../lib/routed.mjs';
import { eventually, within } from '../lib/time.mjs';

/** In each phase of each round. */
const CLIENTS = 60;
const ROUNDS = 3;

/** What the upstream does, by the name of the model. @type {Record<string, (response: import('node:http').ServerResponse) => void>} */
const FAR = {
  plain: (response) => response.writeHead(200, { 'content-type': 'application/json' }).end('{}'),
  // Before the first byte of an answer.
  silent: () => {},
  // In the middle of one that is not streamed.
  half: (response) => response.writeHead(200, { 'content-type': 'application/json' }).write('{"id":'),
  // In the middle of one that is.
  stream: (response) => response.writeHead(200, { 'content-type': 'text/event-stream' }).write('data: {"n":1}\n\n'),
  // While the client takes nothing of it.
  flood: (response) => response.writeHead(200, { 'content-type': 'text/event-stream' }).write(`data: ${'x'.repeat(4_000_000)}\n\n`),
};
/** With what a client has seen when it leaves. */
const PHASES = { silent: '', half: '{"id":', stream: 'data: {"n":1}', flood: 'data: x' };

/** A client that has come as far as its phase, and leaves when told. @param {number} port @param {keyof typeof PHASES} model */
async function client(port, model) {
  const body = JSON.stringify({ model, stream: model === 'stream' || model === 'flood' });
  const socket = net.connect(port, '127.0.0.1').on('error', () => {});
  await once(socket, 'connect');
  let text = '';
  socket.on('data', (part) => {
    text += part;
    if (model === 'flood') socket.pause();
  });
  socket.write(`POST /v1/chat/completions HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ncontent-length: ${body.length}\r\n\r\n${body}`);
  if (PHASES[model] !== '') await eventually(() => text.includes(PHASES[model]), `the beginning of ${model}`);
  // Half of them as a process that is killed, half as one that closes.
  return (/** @type {boolean} */ rudely) => { if (rudely) socket.resetAndDestroy(); else socket.destroy(); };
}

test('a storm of clients that leave, in every phase, leaves nothing behind', { timeout: 120_000 }, async () => {
  let asked = 0;
  await routed(async (request, response) => {
    let body = '';
    for await (const part of request.setEncoding('utf8')) body += part;
    asked += 1;
    FAR[JSON.parse(body).model](response);
  }, async ({ port, pid, far, running, said }) => {
    /** @returns {Promise<number>} */
    const connections = () => new Promise((done, fail) => {
      far.getConnections((error, count) => { if (error) fail(error); else done(count); });
    });
    const plain = () => call(`http://127.0.0.1:${port}/v1/chat/completions`, { method: 'POST', body: '{"model":"plain"}' });
    assert.equal((await plain()).status, 200);
    // The connection that is kept for the next request is among them.
    const before = { descriptors: descriptors(pid).size, connections: await connections() };
    for (let round = 0; round < ROUNDS; round += 1) {
      const wanted = asked + CLIENTS * Object.keys(PHASES).length;
      const storm = Object.keys(PHASES).flatMap((model) => Array.from({ length: CLIENTS }, () => client(port, /** @type {keyof typeof PHASES} */ (model))));
      const leaving = await Promise.all(storm);
      await eventually(() => asked === wanted, 'all of them are upstream');
      // Two for each, but for what was there before.
      assert.ok(descriptors(pid).size > 1.9 * leaving.length, 'else this test sees nothing');
      leaving.forEach((leave, at) => leave(at % 2 === 0));
      await eventually(async () => await connections() <= before.connections, 'the end of all connections to the upstream');
      await eventually(() => descriptors(pid).size <= before.descriptors, `the descriptors of before: ${before.descriptors}`);
      assert.equal((await plain()).status, 200, 'it serves as before');
    }
    running.kill('SIGTERM');
    const [code] = await within(once(running, 'exit'), 'its end, with nothing to wait for', 5_000);
    assert.equal(code, 0);
    assert.match(said(), /nothing new is accepted.*requests\.in_flight=0|requests\.in_flight=0.*nothing new is accepted/);
  });
});
