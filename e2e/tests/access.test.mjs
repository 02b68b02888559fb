// Who may call: Host and Origin without a token.
import assert from 'node:assert/strict';
import { scenario, SLEEP } from '../lib/harness.mjs';
import { SocketClient } from '../lib/socket.mjs';

const processes = { a: { command: SLEEP } };
const CALLS = /** @type {const} */ ([
  ['GET', '/api/processes'], ['GET', '/api/proxy/status'], ['POST', '/api/proxy/start'], ['POST', '/api/processes/a/start'],
  ['GET', '/api/events'], ['GET', '/api/processes/a/logs'], ['GET', '/metrics'],
  ['GET', '/socket.io/?EIO=4&transport=polling'], ['GET', '/api/openapi.json'],
]);

/** @param {import('../lib/http.mjs').Answer} answer @param {string} what */
function refused(answer, what) {
  assert.equal(answer.status, 403, `${what}: ${answer.text}`);
  assert.equal(answer.headers['access-control-allow-origin'], undefined, what);
}

scenario('a foreign Origin gets 403 everywhere, and nothing is started', { processes }, async ({ server, events }) => {
  const { port } = new URL(server.url);
  const origins = ['http://evil.example', 'null', `http://localhost.evil.example:${port}`, 'http://localhost:1', `http://127.0.0.1.nip.io:${port}`, `https://127.0.0.1:${port}.evil.example`];
  for (const origin of origins) {
    for (const [method, path] of CALLS) refused(await server.call(path, { method, headers: { origin } }), `${method} ${path} from ${origin}`);
  }
  const { json } = await server.call('/api/processes', { headers: { origin: 'http://evil.example' } });
  assert.equal(json.success, false);
  assert.deepEqual(Object.keys(json.error).sort(), ['code', 'message', 'type']);
  await events.quiet('a', 200);
});

scenario('a foreign Host gets 403 everywhere', { processes }, async ({ server, events }) => {
  const { port } = new URL(server.url);
  for (const host of ['evil.example', `evil.example:${port}`, `127.0.0.1.nip.io:${port}`, `localhost.evil.example:${port}`]) {
    for (const [method, path] of CALLS) refused(await server.call(path, { method, headers: { host } }), `${method} ${path} at ${host}`);
  }
  await events.quiet('a', 200);
});

scenario('its own origin and every program of the machine may call', { processes }, async ({ server }) => {
  const { port } = new URL(server.url);
  for (const name of ['127.0.0.1', 'localhost', '[::1]']) {
    const host = `${name}:${port}`;
    assert.equal((await server.call('/api/processes', { headers: { host, origin: `http://${host}` } })).status, 200, host);
    assert.equal((await server.call('/api/processes', { headers: { host } })).status, 200, host);
  }
  const client = await SocketClient.connect(server.url, { headers: { origin: server.url } });
  client.close();
});

scenario('Socket.IO from a foreign origin is refused on both transports', { processes }, async ({ server }) => {
  for (const transports of [['websocket'], ['polling']]) {
    await SocketClient.refused(server.url, { transports, headers: { origin: 'http://evil.example' } });
  }
});

scenario('allowed_origins may call, with the CORS answers that a browser needs', {
  processes, server: { allowed_origins: ['http://app.example:8080'] },
}, async ({ server }) => {
  const origin = 'http://app.example:8080';
  const answer = await server.call('/api/processes', { headers: { origin } });
  assert.equal(answer.status, 200, answer.text);
  assert.equal(answer.headers['access-control-allow-origin'], origin);
  const preflight = await server.call('/api/processes/a/start', {
    method: 'OPTIONS', headers: { origin, 'access-control-request-method': 'POST', 'access-control-request-headers': 'content-type,authorization' },
  });
  assert.ok([200, 204].includes(preflight.status), `${preflight.status}`);
  assert.equal(preflight.headers['access-control-allow-origin'], origin);
  assert.match(preflight.headers['access-control-allow-methods'] ?? '', /POST|\*/);
  refused(await server.call('/api/processes', { headers: { origin: 'http://app.example' } }), 'another port');
  const client = await SocketClient.connect(server.url, { headers: { origin } });
  client.close();
});
