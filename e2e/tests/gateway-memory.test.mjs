// What a stream costs the router whose client reads nothing.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import http from 'node:http';
import net from 'node:net';
import { test } from 'node:test';
import { residentBytes } from '../lib/proc.mjs';
import { routed } from '../lib/routed.mjs';
import { eventually } from '../lib/time.mjs';

const MIB = 1024 * 1024;
const FLOOD = 200 * MIB;

/** Sends a request and gives the socket, of which nothing is read. @param {number} port */
async function ask(port) {
  const socket = net.connect(port, '127.0.0.1').on('error', () => {});
  await once(socket, 'connect');
  socket.write('POST /v1/chat/completions HTTP/1.1\r\nhost: localhost\r\ncontent-length: 13\r\n\r\n{"stream":1}\n');
  return socket;
}

test('a client that reads nothing of 200 MB costs less than 4 MB, and gets them all later', { timeout: 120_000 }, async () => {
  const state = { written: 0, moved: Date.now() };
  const chunk = Buffer.alloc(64 * 1024, 'x');
  await routed(async (request, response) => {
    request.resume();
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    while (state.written < FLOOD) {
      state.written += chunk.length;
      state.moved = Date.now();
      if (!response.write(chunk)) await once(response, 'drain');
    }
    response.end();
  }, async ({ port, pid }) => {
    // What it takes to serve at all is not counted.
    const first = http.get({ port, host: '127.0.0.1', path: '/health', agent: false });
    (await once(first, 'response'))[0].resume();
    const before = residentBytes(pid);
    const socket = (await ask(port)).pause();
    await eventually(() => state.written > 0 && Date.now() - state.moved > 500, 'the flood to stand still');
    assert.ok(state.written < FLOOD / 4, `${state.written} bytes went somewhere`);
    const grown = residentBytes(pid) - before;
    assert.ok(grown < 4 * MIB, `${grown} bytes more`);
    let received = 0;
    socket.on('data', (part) => { received += part.length; });
    socket.resume();
    await eventually(() => received > FLOOD, 'all of it', 60_000);
    assert.ok(residentBytes(pid) - before < 4 * MIB, `${residentBytes(pid) - before} bytes more after all was sent`);
    socket.destroy();
  });
});
