// The error envelope and its statuses.
import assert from 'node:assert/strict';
import { scenario, SLEEP } from '../lib/harness.mjs';

const processes = { a: { command: SLEEP } };

/** @param {import('../lib/http.mjs').Answer} answer @param {number} status @param {string} what */
function envelope(answer, status, what) {
  assert.equal(answer.status, status, `${what}: ${answer.text}`);
  assert.match(answer.headers['content-type'] ?? '', /^application\/json/, what);
  assert.equal(answer.json.success, false, what);
  const { message, type, code } = answer.json.error;
  for (const text of [message, type, code]) assert.ok(typeof text === 'string' && text !== '', `${what}: ${answer.text}`);
}

scenario('404', { processes }, async ({ server }) => {
  for (const path of ['/api/nope', '/api', '/api/processes/nobody', '/api/processes/nobody/logs', '/api/processes/nobody/config', '/api/processes/%20']) {
    envelope(await server.call(path), 404, path);
  }
  for (const verb of ['start', 'stop', 'restart']) envelope(await server.call(`/api/processes/nobody/${verb}`, { method: 'POST' }), 404, verb);
  assert.match((await server.call('/api/processes/nobody')).json.error.message, /nobody/);
});

scenario('405', { processes }, async ({ server }) => {
  for (const [method, path] of [['DELETE', '/api/processes'], ['GET', '/api/proxy/start'], ['GET', '/api/processes/a/start'], ['PUT', '/api/processes/a'], ['POST', '/api/health']]) {
    const answer = await server.call(path, { method });
    envelope(answer, 405, `${method} ${path}`);
    assert.ok(answer.headers.allow, 'Allow');
  }
  assert.equal((await server.state('a')).state, 'stopped', 'a GET starts nothing');
});

scenario('422: a field is wrong, error.param names it', { processes }, async ({ server }) => {
  const calls = [
    ['GET', '/api/processes/a/logs?tail=many', 'tail'], ['GET', '/api/processes/a/logs?tail=-1', 'tail'],
    ['GET', '/api/history?after=x', 'after'], ['POST', '/api/processes/a/start?wait=soon', 'wait'],
    ['POST', '/api/processes/a/start?wait=-1', 'wait'],
  ];
  for (const [method, path, param] of calls) {
    const answer = await server.call(path, { method });
    envelope(answer, 422, path);
    assert.equal(answer.json.error.param, param, path);
  }
  assert.equal((await server.state('a')).state, 'stopped', 'nothing was started');
});

const CALL = '/api/processes/a/stop';

scenario('400: JSON that is not', { processes }, async ({ server }) => {
  envelope(await server.call(CALL, { method: 'POST', headers: { 'content-type': 'application/json' }, body: '{"a":' }), 400, 'malformed');
});

scenario('413: over 1 MiB', { processes }, async ({ server }) => {
  const body = JSON.stringify({ a: 'x'.repeat((1 << 20) + 1) });
  const answer = await server.call(CALL, { method: 'POST', headers: { 'content-type': 'application/json' }, body });
  envelope(answer, 413, 'too large');
});

scenario('415: a body that is not JSON', { processes }, async ({ server }) => {
  for (const type of ['text/plain', 'application/x-www-form-urlencoded', 'multipart/form-data; boundary=x']) {
    envelope(await server.call(CALL, { method: 'POST', headers: { 'content-type': type }, body: 'a=b' }), 415, type);
  }
});

scenario('an empty body, with or without a type, is an order', { processes }, async ({ server, events }) => {
  assert.equal((await server.call('/api/processes/a/start', { method: 'POST', headers: { 'content-type': 'application/json' } })).status, 200);
  await events.expect('a', 'starting', 'running');
  assert.equal((await server.call('/api/processes/a/stop', { method: 'POST', headers: { 'content-type': 'application/json' }, body: '{}' })).status, 200);
  await events.expect('a', 'stopping', 'stopped');
});

scenario('what is no HTTP does no harm', { processes }, async ({ server }) => {
  const { connect } = await import('node:net');
  const { once } = await import('node:events');
  const { within } = await import('../lib/time.mjs');
  const { hostname, port } = new URL(server.url);
  for (const bytes of ['\0\0\0\0\r\n\r\n', 'GET / HTTP/9.9\r\n\r\n', `GET /${'a'.repeat(300_000)} HTTP/1.1\r\nHost: x\r\n\r\n`]) {
    const socket = connect(Number(port), hostname);
    socket.on('error', () => {});
    socket.resume();
    socket.end(bytes);
    await within(once(socket, 'close'), 'the end of the connection');
  }
  assert.equal((await server.get('/api/health')).status, 'ok');
});
