// A client that does not read is cut off; the others notice nothing.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import WebSocket from 'ws';
import { child, scenario } from '../lib/harness.mjs';
import { residentBytes } from '../lib/proc.mjs';
import { eventually, within } from '../lib/time.mjs';

scenario('it stops reading while much is said', {
  processes: { a: { command: child('say:up', 'poke', 'flood:1500000', 'say:end'), ready: { stdout: 'up' } } },
}, async ({ server, events, t }) => {
  const socket = new WebSocket(`${server.url.replace('http', 'ws')}/socket.io/?EIO=4&transport=websocket`);
  t.after(() => socket.terminate());
  await within(once(socket, 'open'), 'the WebSocket');
  const closed = once(socket, 'close');
  socket.send('40');
  await server.order('start', 'a');
  const { pid } = await events.expect('a', 'starting', 'running');
  const acknowledged = new Promise((done) => {
    socket.on('message', (frame) => { if (String(frame).startsWith('430')) done(undefined); });
  });
  socket.send('420["logs:subscribe",{"process":"a"}]');
  await within(acknowledged, 'the acknowledgement');
  socket.pause();
  process.kill(pid, 'SIGUSR2');
  await eventually(async () => {
    const { lines } = await server.get('/api/processes/a/logs?tail=1');
    return lines[0]?.text === 'end';
  }, 'the end of the flood', 60_000);
  assert.ok(residentBytes(server.pid) < 200_000_000, `${residentBytes(server.pid)} bytes resident`);
  assert.equal((await server.state('a')).state, 'running');
  socket.resume();
  await within(closed, 'the cut');
});
