// Health, processes, configuration, metrics, OpenAPI, the page.
import assert from 'node:assert/strict';
import { scenario, SLEEP } from '../lib/harness.mjs';
import { checkProcess, FIELDS } from '../lib/invariants.mjs';

scenario('health', { processes: { a: { command: SLEEP } } }, async ({ server }) => {
  const health = await server.get('/api/health');
  assert.equal(health.status, 'ok');
  assert.match(health.version, /^\d+\.\d+\.\d+/);
  assert.equal(typeof health.uptime, 'number');
});

scenario('processes and one process, in the order of the configuration', {
  processes: { zeta: { command: SLEEP, port: 'free', ready: { tcp: false } }, alpha: { command: SLEEP, title: 'Alpha' } },
}, async ({ server, events, ports }) => {
  const list = await server.get('/api/processes');
  assert.deepEqual(Object.keys(list).sort(), ['processes', 'seq']);
  assert.deepEqual(list.processes.map((/** @type {any} */ one) => one.id).sort(), ['alpha', 'zeta']);
  await server.order('start', 'zeta');
  const announced = await events.expect('zeta', 'starting', 'running');
  const seen = await server.state('zeta');
  checkProcess(seen, ports.zeta, 'GET');
  for (const field of FIELDS.filter((name) => name !== 'uptime')) assert.deepEqual(seen[field], announced[field], field);
  assert.ok(seen.startedAt <= seen.readyAt && seen.readyAt <= Date.now());
  await server.order('stop', 'zeta');
  await events.expect('zeta', 'stopping', 'stopped');
  assert.equal((await server.state('zeta')).port, ports.zeta, 'the configured port in every state');
  assert.equal((await server.state('alpha')).title, 'Alpha');
});

scenario('the effective configuration, env masked', {
  processes: { a: { command: SLEEP, env: { API_KEY: 'sk-very-secret', PLAIN: 'seen' }, stop: { timeout: '7s' } } },
}, async ({ server }) => {
  const answer = await server.call('/api/processes/a/config');
  assert.equal(answer.status, 200);
  assert.doesNotMatch(answer.text, /sk-very-secret/);
  assert.match(answer.text, /sleep/);
});

scenario('metrics', { processes: { a: { command: SLEEP }, b: { command: SLEEP } } }, async ({ server, events }) => {
  await server.order('start', 'a');
  await events.expect('a', 'starting', 'running');
  const { status, headers, text } = await server.call('/metrics');
  assert.equal(status, 200);
  assert.match(headers['content-type'] ?? '', /^(text\/plain|application\/openmetrics-text)/);
  const sample = /^[a-zA-Z_:][a-zA-Z0-9_:]*(\{([a-zA-Z_]\w*="([^"\\]|\\.)*",?)*\})? (NaN|[+-]?Inf|[+-]?[\d.]+([eE][+-]?\d+)?)( \S.*)?$/;
  const lines = text.trimEnd().split('\n');
  for (const line of lines) assert.ok(line === '' || line.startsWith('#') || sample.test(line), line);
  const names = lines.filter((line) => !line.startsWith('#')).map((line) => line.split(/[{ ]/)[0]);
  assert.ok(names.every((name) => name.startsWith('signalbox_') || name.startsWith('process_')), names.join(' '));
  assert.match(text, /="a"/);
  assert.match(text, /="b"/);
});

const PATHS = ['/api/health', '/api/proxy/start', '/api/proxy/stop', '/api/proxy/status', '/api/processes', '/api/processes/{id}',
  '/api/processes/{id}/start', '/api/processes/{id}/stop', '/api/processes/{id}/restart', '/api/processes/{id}/config',
  '/api/processes/{id}/logs', '/api/events', '/api/history', '/metrics', '/api/openapi.json', '/api/docs'];

scenario('OpenAPI 3.1 of every path', { processes: { a: { command: SLEEP } } }, async ({ server }) => {
  const document = await server.get('/api/openapi.json');
  assert.match(document.openapi, /^3\.1\./);
  assert.deepEqual(PATHS.filter((path) => !(path in document.paths)), [], 'paths that are missing');
  const ids = [];
  for (const [path, item] of Object.entries(document.paths)) {
    for (const [method, operation] of Object.entries(item).filter(([key]) => ['get', 'post', 'put', 'delete'].includes(key))) {
      assert.ok(Object.keys(operation.responses ?? {}).length > 0, `${method} ${path}: responses`);
      ids.push(operation.operationId);
    }
  }
  assert.equal(new Set(ids).size, ids.length, 'operation ids are unique');
  for (const reference of JSON.stringify(document).matchAll(/"\$ref":"#\/([^"]+)"/g)) {
    assert.ok(reference[1].split('/').reduce((/** @type {any} */ at, key) => at?.[key], document), reference[1]);
  }
  const page = await server.call('/api/docs');
  assert.equal(page.status, 200);
  assert.match(page.headers['content-type'] ?? '', /^text\/html/);
  assert.doesNotMatch(page.text, /(src|href)="(https?:)?\/\//, 'nothing is loaded from another host');
});

scenario('the page', { processes: { a: { command: SLEEP } } }, async ({ server }) => {
  const page = await server.call('/');
  assert.equal(page.status, 200);
  assert.match(page.headers['content-type'] ?? '', /^text\/html/);
  const policy = String(page.headers['content-security-policy'] ?? '');
  assert.ok(policy !== '', 'a Content-Security-Policy');
  assert.doesNotMatch(policy, /unsafe-inline/);
  assert.doesNotMatch(page.text, /(src|href)="(https?:)?\/\//, 'nothing is loaded from another host');
});
