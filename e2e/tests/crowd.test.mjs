// More connections than there are descriptors: those that are in go on, processes still start, and all is well afterwards.
import assert from 'node:assert/strict';
import http from 'node:http';
import net from 'node:net';
import { child, scenario } from '../lib/harness.mjs';
import { eventually, within } from '../lib/time.mjs';

const CONNECTIONS = 10_000;
const AT_ONCE = 500;

/** A connection that says nothing. @param {number} port @returns {Promise<net.Socket | null>} none if it was not let in */
const intrude = (port) => new Promise((done) => {
  const socket = net.connect(port, '127.0.0.1');
  socket.on('error', () => done(null));
  socket.on('close', () => done(null));
  socket.on('connect', () => setTimeout(() => done(socket), 50));
});

scenario('10,000 connections', {
  via: ['sh', '-c', 'ulimit -n 512; exec "$0" "$@"'],
  processes: { a: { command: child('say:up'), ready: { stdout: 'up' } } },
}, async ({ server, events }) => {
  const { port } = new URL(server.url);
  const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
  /** On one connection, which was there before. @param {string} method @param {string} path */
  const ask = (method, path) => within(new Promise((done, fail) => {
    http.request(server.url + path, { method, agent }, (response) => { response.resume().on('end', () => done(response.statusCode)); }).on('error', fail).end();
  }), path);
  assert.equal(await ask('GET', '/api/health'), 200);
  /** @type {net.Socket[]} */
  const inside = [];
  for (let opened = 0; opened < CONNECTIONS; opened += AT_ONCE) {
    const sockets = await Promise.all(Array.from({ length: AT_ONCE }, () => intrude(Number(port))));
    inside.push(...sockets.filter((socket) => socket !== null && !socket.destroyed));
    // The connection that was there first stays in use, or it would end as an idle one.
    assert.equal(await ask('GET', '/api/health'), 200, `after ${opened + AT_ONCE}`);
  }
  assert.equal(await ask('POST', '/api/processes/a/start'), 200);
  await events.expect('a', 'starting', 'running');
  await eventually(() => server.stderr.includes('too_many_connections'), 'a line of the log');
  assert.ok(server.stderr.split('\n').length < 200, 'the log is not flooded');
  for (const socket of inside) socket.destroy();
  agent.destroy();
  await eventually(async () => {
    try { return (await server.call('/api/health')).status === 200; } catch { return false; }
  }, 'a new connection afterwards');
  await server.order('stop', 'a');
  await events.expect('a', 'stopping', 'stopped');
});
