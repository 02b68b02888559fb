// What goes through the proxies is seen while it happens, and kept.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import http from 'node:http';
import { join } from 'node:path';
import { Far } from '../lib/far.mjs';
import { scenario } from '../lib/harness.mjs';
import { call } from '../lib/http.mjs';
import { SocketClient } from '../lib/socket.mjs';
import { eventually, within } from '../lib/time.mjs';

/** @typedef {import('../lib/harness.mjs').Server} Server */

/** A router in front of an upstream of this test, which answers by the model's name. */
async function routed() {
  const far = await Far.start();
  const providerRouter = { builtin: 'provider-router', port: 'free', env: { SIGNALBOX_UPSTREAM: far.url }, restart: { policy: 'never' } };
  return { processes: { providerRouter }, far };
}

/** @param {number} port @param {unknown} body */
const chat = (port, body) => call(`http://127.0.0.1:${port}/v1/chat/completions`, {
  method: 'POST', headers: { 'content-type': 'application/json', 'user-agent': 'e2e/1' }, body: typeof body === 'string' ? body : JSON.stringify(body),
});

/** A request whose answer is read by hand, once its first chunk is there. @param {number} port @param {unknown} body */
async function begin(port, body) {
  const request = http.request(`http://127.0.0.1:${port}/v1/chat/completions`, { method: 'POST', agent: false, headers: { 'content-type': 'application/json' } });
  request.end(JSON.stringify(body));
  request.on('error', () => {});
  const [response] = await within(once(request, 'response'), 'the head of an answer');
  response.on('error', () => {});
  await within(once(response, 'data'), 'the first chunk');
  return request;
}

/** @param {Server} server @returns {Promise<any[]>} */
const rows = async (server, query = '') => (await server.get(`/api/requests${query}`)).requests;

/** The rows once all of them have ended. @param {Server} server @param {number} count */
const ended = (server, count) => eventually(async () => {
  const found = await rows(server, '?limit=1000');
  return found.length === count && found.every((one) => one.outcome !== null) ? found : undefined;
}, `${count} requests that have ended`);

const FIELDS = ['id', 'time', 'process', 'generation', 'model', 'provider', 'status', 'outcome', 'stream', 'promptTokens',
  'completionTokens', 'firstTokenMs', 'totalMs', 'error', 'client', 'path'];

const { far, ...options } = await routed();

scenario('every request has its row, with how it ended', options, async ({ server, events, ports }) => {
  await events.reach('providerRouter', 'running');
  const port = ports.providerRouter;
  await chat(port, { model: 'plain' });
  await chat(port, { model: 'plain', stream: true, stream_options: { include_usage: true } });
  await chat(port, { model: 'error' });
  await chat(port, '{"model":');
  await assert.rejects(chat(port, { model: 'cut', stream: true }));
  const left = far.left;
  (await begin(port, { model: 'wait', stream: true })).destroy();
  await eventually(() => far.left > left, 'the upstream sees that the client left');

  const found = await ended(server, 6);
  for (const one of found) {
    assert.deepEqual(Object.keys(one), FIELDS);
    assert.deepEqual([one.process, one.generation, one.path], ['providerRouter', 1, '/v1/chat/completions']);
    assert.ok(Math.abs(Date.now() - one.time) < 60_000 && one.totalMs > 0, JSON.stringify(one));
  }
  const [gone, cut, malformed, error, streamed, plain] = found;
  assert.deepEqual(found.map((one) => one.outcome), ['client_gone', 'upstream_cut', 'refused', 'upstream_error', 'complete', 'complete']);
  assert.deepEqual(found.map((one) => one.status), [200, 200, 400, 429, 200, 200]);
  assert.deepEqual(found.map((one) => one.model), ['wait', 'cut', null, 'error', 'plain', 'plain']);
  assert.deepEqual(found.map((one) => one.provider), ['upstream', 'upstream', null, 'upstream', 'upstream', 'upstream']);
  assert.deepEqual(found.map((one) => one.stream), [true, true, false, false, true, false]);
  assert.deepEqual([plain.promptTokens, plain.completionTokens, plain.firstTokenMs, plain.error, plain.client], [12, 34, plain.firstTokenMs, null, 'e2e/1']);
  assert.deepEqual([streamed.promptTokens, streamed.completionTokens], [12, 34]);
  assert.ok(streamed.firstTokenMs > 0 && streamed.firstTokenMs <= streamed.totalMs, JSON.stringify(streamed));
  assert.match(error.error, /Slow down/);
  assert.ok(cut.error && malformed.error && gone.promptTokens === null);

  const ids = found.map((one) => one.id);
  assert.deepEqual(ids, ids.toSorted((a, b) => b - a), 'newest first');
  assert.deepEqual(await rows(server, '?limit=2'), found.slice(0, 2));
  assert.deepEqual((await server.get(`/api/requests?limit=2&before=${ids[1]}`)), { requests: found.slice(2, 4), next: ids[3] });
  assert.deepEqual(await rows(server, '?outcome=refused'), [malformed]);
  assert.deepEqual(await rows(server, '?model=plain&provider=upstream&process=providerRouter'), [streamed, plain]);
  assert.deepEqual(await rows(server, '?process=qwenProxy'), []);
});

scenario('wrong parameters are refused and named', options, async ({ server }) => {
  for (const [query, param] of [['limit=0', 'limit'], ['limit=1001', 'limit'], ['limit=x', 'limit'], ['before=-1', 'before'], ['before=x', 'before'], ['outcome=good', 'outcome']]) {
    const answer = await server.call(`/api/requests?${query}`);
    assert.deepEqual([answer.status, answer.json.success, answer.json.error.param], [422, false, param], answer.text);
  }
  for (const value of ["' OR 1=1 --", '"; DROP TABLE requests; --']) {
    for (const name of ['process', 'model', 'provider']) assert.deepEqual(await rows(server, `?${name}=${encodeURIComponent(value)}`), []);
  }
  for (const value of [-1, 1.5, '10', null, 1_000_001]) {
    const answer = await server.call('/api/settings/request_log_max_rows', { method: 'PUT', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ value }) });
    assert.deepEqual([answer.status, answer.json.error.param], [422, 'value'], answer.text);
  }
  assert.equal((await server.get('/api/settings/request_log_max_rows')).value, 10_000);
});

scenario('who subscribed hears of beginnings and ends, at most four times a second', options, async ({ server, events, ports }) => {
  await events.reach('providerRouter', 'running');
  const socket = await SocketClient.connect(server.url);
  try {
    await socket.accepted('requests:subscribe');
    const request = await begin(ports.providerRouter, { model: 'wait', stream: true });
    const update = await socket.nextOf('requests:updated');
    const [row] = update.items;
    assert.deepEqual([update.items.length, row.outcome, row.totalMs, row.model], [1, null, null, 'wait']);
    assert.deepEqual((await rows(server, '?outcome=in_flight')).map((one) => one.id), [row.id]);
    assert.match((await server.call('/metrics')).text, /^signalbox_proxy_requests_in_flight\{process="providerRouter",provider="upstream",model="[^"]*"\} 1$/m);
    far.waiting.splice(0).forEach((end) => end());
    const last = await eventually(async () => (await socket.nextOf('requests:updated')).items.find((/** @type {any} */ one) => one.outcome !== null), 'its end');
    assert.deepEqual([last.id, last.outcome, last.completionTokens], [row.id, 'complete', 34]);
    request.destroy();

    const before = socket.all.length;
    const since = Date.now();
    while (Date.now() - since < 1_500) await chat(ports.providerRouter, { model: 'plain' });
    const updates = socket.all.slice(before).filter((one) => one.name === 'requests:updated').length;
    assert.ok(updates <= 4 * (Date.now() - since) / 1_000 + 1, `${updates} updates`);
    await socket.accepted('requests:unsubscribe');
    const count = socket.all.length;
    await chat(ports.providerRouter, { model: 'plain' });
    await eventually(async () => (await rows(server, '?outcome=in_flight')).length === 0, 'the last one ended');
    assert.equal(socket.all.slice(count).filter((one) => one.name === 'requests:updated').length, 0);
  } finally { socket.close(); }
});

scenario('kill -9 of the router under streams: exactly those have crashed', options, async ({ server, events, ports }) => {
  await events.reach('providerRouter', 'running');
  const { pid } = await server.state('providerRouter');
  for (let count = 0; count < 10; count += 1) await chat(ports.providerRouter, { model: 'plain' });
  await Promise.all(Array.from({ length: 50 }, () => begin(ports.providerRouter, { model: 'wait', stream: true })));
  process.kill(pid, 'SIGKILL');
  const found = await ended(server, 60);
  const crashed = found.filter((one) => one.outcome === 'crashed');
  assert.deepEqual([crashed.length, found.length - crashed.length], [50, 10]);
  for (const one of crashed) {
    assert.deepEqual([one.model, one.provider, one.generation, one.stream], ['wait', 'upstream', 1, true]);
    assert.ok(one.totalMs >= 0 && /died/.test(one.error), JSON.stringify(one));
  }
  // They are counted after they can be read.
  await eventually(async () => /^signalbox_proxy_requests_total\{.*outcome="crashed"\} 50$/m.test((await server.call('/metrics')).text), 'the count of crashes');
  await server.order('start', 'providerRouter', '?wait=20');
  await chat(ports.providerRouter, { model: 'plain' });
  assert.equal((await ended(server, 61))[0].generation, 2);
});

scenario('a stop lets what is in flight finish, and its row says so', options, async ({ server, events, ports }) => {
  await events.reach('providerRouter', 'running');
  await begin(ports.providerRouter, { model: 'wait', stream: true });
  await server.order('stop', 'providerRouter');
  far.waiting.splice(0).forEach((end) => end());
  const [row] = await ended(server, 1);
  assert.equal(row.outcome, 'complete', JSON.stringify(row));
});

scenario('rows outlive the server, and numbers go on', options, async ({ server, events, ports, again }) => {
  await events.reach('providerRouter', 'running');
  for (let count = 0; count < 5; count += 1) await chat(ports.providerRouter, { model: 'plain' });
  const found = await ended(server, 5);
  await server.terminate();
  const next = await again();
  assert.deepEqual(await rows(next), found);
  await next.order('start', 'providerRouter', '?wait=20');
  await chat(ports.providerRouter, { model: 'plain' });
  assert.equal((await ended(next, 6))[0].id, found[0].id + 1);
});

scenario('kill -9 of the server: what was in flight has crashed, numbers never repeat', options, async ({ server, events, ports, again }) => {
  await events.reach('providerRouter', 'running');
  await chat(ports.providerRouter, { model: 'plain' });
  await begin(ports.providerRouter, { model: 'wait', stream: true });
  // The answer's first chunk can be here before the request's row is.
  const flying = await eventually(async () => (await rows(server, '?outcome=in_flight'))[0], 'the row of what is in flight');
  const file = join(server.dataDir, 'requests.db-wal');
  await eventually(() => readFileSync(file).includes('"model":"wait"'), 'it is on disk');
  server.signal('SIGKILL');
  await server.exited;
  const next = await again();
  const [crashed, plain] = await ended(next, 2);
  assert.deepEqual([crashed.id, crashed.outcome, plain.outcome], [flying.id, 'crashed', 'complete']);
  await next.order('start', 'providerRouter', '?wait=20');
  await chat(ports.providerRouter, { model: 'plain' });
  assert.ok((await ended(next, 3))[0].id > flying.id);
});

scenario('no more are kept than a setting says, and all can be deleted', options, async ({ server, events, ports }) => {
  await events.reach('providerRouter', 'running');
  const keep = (/** @type {number} */ value) => server.call('/api/settings/request_log_max_rows', { method: 'PUT', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ value }) });
  for (let count = 0; count < 20; count += 1) await chat(ports.providerRouter, { model: 'plain' });
  const [newest] = await ended(server, 20);
  await keep(5);
  assert.equal((await ended(server, 5))[0].id, newest.id);
  await chat(ports.providerRouter, { model: 'plain' });
  await eventually(async () => (await rows(server))[0].id > newest.id, 'the new one');
  await ended(server, 5);

  const socket = await SocketClient.connect(server.url);
  try {
    await socket.accepted('requests:subscribe');
    const answer = await server.call('/api/requests', { method: 'DELETE' });
    assert.deepEqual([answer.status, answer.json], [200, { success: true }]);
    assert.deepEqual(await rows(server), []);
    // An update of what came before may be told first.
    const cleared = await eventually(async () => (await socket.nextOf('requests:updated')).cleared, 'that they are deleted');
    assert.ok(cleared > newest.id, `${cleared}`);
  } finally { socket.close(); }
  await keep(0);
  await chat(ports.providerRouter, { model: 'plain' });
  await ended(server, 0);
});

scenario('where the proxies cannot be heard, that is said', { ...options, args: ['--no-start'] }, async ({ server, again }) => {
  await server.terminate();
  rmSync(join(server.dataDir, 'requests.sock'), { force: true });
  mkdirSync(join(server.dataDir, 'requests.sock'));
  const next = await again({ args: [] });
  await next.order('start', 'providerRouter', '?wait=20');
  assert.equal((await chat(next.ports.providerRouter, { model: 'plain' })).status, 200, 'it serves all the same');
  const list = await next.get('/api/requests');
  assert.deepEqual(list.requests, []);
  assert.match(list.warning, /Requests through the proxies are not seen.*directory/);
  const socket = await SocketClient.connect(next.url);
  try {
    const { ok, error } = await socket.ask('requests:subscribe');
    assert.deepEqual([ok, error.code, error.message], [false, 'requests_unheard', list.warning]);
  } finally { socket.close(); }
  await eventually(() => next.stderr.includes('are not seen'), 'a warning in the log');
});

scenario('a damaged log is begun anew, and a stale socket replaced', { ...options, args: ['--no-start'] }, async ({ server, again }) => {
  await server.terminate();
  writeFileSync(join(server.dataDir, 'requests.db'), Buffer.alloc(9_000, 'x'));
  writeFileSync(join(server.dataDir, 'requests.sock'), 'left behind');
  const next = await again({ args: [] });
  assert.match(next.stderr, /log of requests.*was damaged/);
  await next.order('start', 'providerRouter', '?wait=20');
  await chat(next.ports.providerRouter, { model: 'plain' });
  await ended(next, 1);
});
