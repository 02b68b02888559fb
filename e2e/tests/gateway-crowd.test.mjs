// More connections to a proxy than it has descriptors: those that ask are answered, those that say nothing make room.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import net from 'node:net';
import { test } from 'node:test';
import { call } from '../lib/http.mjs';
import { descriptors } from '../lib/proc.mjs';
import { routed } from '../lib/routed.mjs';

const DESCRIPTORS = 256;
const SILENT = 300;

test('300 silent connections, 256 descriptors: requests are answered, and what streams goes on', { timeout: 120_000 }, async () => {
  /** @type {import('node:http').ServerResponse[]} */
  const streams = [];
  await routed((request, response) => {
    let body = '';
    request.setEncoding('utf8').on('data', (part) => { body += part; }).on('end', () => {
      if (!JSON.parse(body).stream) {
        response.writeHead(200, { 'content-type': 'application/json' }).end('{"by":"far"}');
        return;
      }
      response.writeHead(200, { 'content-type': 'text/event-stream' }).write('data: {"n":1}\n\n');
      streams.push(response);
    });
  }, async ({ port, pid, said }) => {
    const ask = (/** @type {boolean} */ stream) => fetch(`http://127.0.0.1:${port}/v1/chat/completions`, {
      method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ model: 'm', stream }),
    });
    const stream = await ask(true);
    const sockets = Array.from({ length: SILENT }, () => net.connect(port, '127.0.0.1').on('error', () => {}));
    await Promise.all(sockets.map((socket) => once(socket, 'connect')));
    for (let nth = 0; nth < 5; nth += 1) {
      const answer = await call(`http://127.0.0.1:${port}/v1/chat/completions`, { method: 'POST', body: '{"model":"m"}' });
      assert.deepEqual([answer.status, answer.json], [200, { by: 'far' }], `request ${nth}`);
      assert.ok(descriptors(pid).size < DESCRIPTORS * 0.75, 'some are left for what else needs some');
    }
    for (const response of streams) response.end('data: [DONE]\n\n');
    assert.equal(await stream.text(), 'data: {"n":1}\n\ndata: [DONE]\n\n');
    assert.match(said(), /too many connections/);
    assert.ok(said().split('\n').length < 50, 'the log is not flooded');
    for (const socket of sockets) socket.destroy();
  }, ['sh', '-c', `ulimit -n ${DESCRIPTORS}; exec "$0" "$@"`]);
});
