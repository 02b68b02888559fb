// Requests while a proxy is restarted: what is in flight is finished, what is new is answered or refused, and nothing is
// answered by half or left hanging.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import http from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import { Far } from '../lib/far.mjs';
import { scenario } from '../lib/harness.mjs';
import { SocketClient } from '../lib/socket.mjs';
import { eventually, within } from '../lib/time.mjs';

const RESTARTS = 3;
const WORKERS = 6;
const STREAMS = 20;

/** A router in front of an upstream of this test. */
async function options() {
  const far = await Far.start();
  return { far, processes: { providerRouter: { builtin: 'provider-router', port: 'free', env: { SIGNALBOX_UPSTREAM: far.url } } } };
}

/** An answer; null: refused before anything of one came. @param {number} port @returns {Promise<{status: number, by: unknown, json: any} | null>} */
function ask(port) {
  const answer = new Promise((done, fail) => {
    const request = http.request(`http://127.0.0.1:${port}/v1/chat/completions`, { method: 'POST', agent: false }, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (part) => { text += part; });
      response.on('error', () => fail(new Error(`half an answer: ${text}`)));
      response.on('end', () => done({ status: response.statusCode, by: response.headers['x-served-by'], json: JSON.parse(text) }));
    });
    request.on('error', (/** @type {NodeJS.ErrnoException} */ error) => {
      if (['ECONNREFUSED', 'ECONNRESET', 'EPIPE'].includes(error.code ?? '')) done(null);
      else fail(error);
    });
    request.end('{"model":"plain"}');
  });
  return within(answer, 'an answer, or none');
}

/** A stream whose beginning is there. @param {number} port */
async function begin(port) {
  const request = http.request(`http://127.0.0.1:${port}/v1/chat/completions`, { method: 'POST', agent: false });
  request.end('{"model":"wait","stream":true}');
  const [response] = await within(once(request, 'response'), 'the head of a stream');
  const stream = { text: '', generation: response.headers['x-served-by'], ended: once(response, 'end') };
  stream.ended.catch(() => {});
  response.on('data', (/** @type {Buffer} */ part) => { stream.text += part; });
  await eventually(() => stream.text.includes('Hi'), 'the beginning of a stream');
  return stream;
}

const { far, ...router } = await options();

scenario('restarts under load: all is answered whole or refused, and each generation is one process', router, async ({ server, events, ports }) => {
  const port = ports.providerRouter;
  await events.reach('providerRouter', 'running');
  const answered = new Map();
  let refused = 0;
  let isOver = false;
  const worker = async () => {
    while (!isOver) {
      const answer = await ask(port);
      if (answer === null) {
        refused += 1;
        await delay(5);
      } else if (answer.status === 503) {
        // In the drain: every SDK comes again.
        assert.equal(answer.json.error.code, 'shutting_down');
      } else {
        assert.deepEqual([answer.status, answer.json.id], [200, 'far']);
        answered.set(answer.by, (answered.get(answer.by) ?? 0) + 1);
      }
    }
  };
  const workers = Promise.all(Array.from({ length: WORKERS }, worker));
  for (let generation = 1; generation <= RESTARTS; generation += 1) {
    await eventually(() => answered.has(`providerRouter/${generation}`), `answers of generation ${generation}`);
    const streams = await Promise.all(Array.from({ length: STREAMS }, () => begin(port)));
    assert.ok(streams.every((stream) => stream.generation === `providerRouter/${generation}`));
    const restarted = server.order('restart', 'providerRouter', '?wait=30');
    await events.reach('providerRouter', 'stopping');
    await eventually(() => far.waiting.length === STREAMS, 'the streams go on');
    far.waiting.splice(0).forEach((end) => end());
    for (const stream of streams) {
      await within(stream.ended, 'the end of a stream');
      assert.match(stream.text, /\[DONE\]/, 'each is whole');
    }
    assert.equal((await restarted).generation, generation + 1);
  }
  await eventually(() => answered.has(`providerRouter/${RESTARTS + 1}`), 'answers of the last generation');
  isOver = true;
  await within(workers, 'the workers: none hangs');
  assert.equal(answered.size, RESTARTS + 1);
  assert.equal(server.offspring().length, 1, 'one process is left');
  const rows = await eventually(async () => {
    const { requests } = await server.get('/api/requests?limit=1000');
    return requests.every((/** @type {any} */ one) => one.outcome !== null) ? requests : undefined;
  }, 'the rows');
  const outcomes = new Set(rows.map((/** @type {any} */ one) => one.outcome));
  for (const bad of ['crashed', 'upstream_cut', 'upstream_error']) assert.ok(!outcomes.has(bad), `${bad}: ${refused} were refused`);
});

const { providerRouter } = router.processes;
const patient = { ...router, processes: { providerRouter: { ...providerRouter, stop: { timeout: '60s' } } } };

scenario('a stop says what it waits for, as it falls', patient, async ({ server, events, ports }) => {
  await events.reach('providerRouter', 'running');
  const streams = [await begin(ports.providerRouter), await begin(ports.providerRouter)];
  const socket = await SocketClient.connect(server.url);
  const sse = await server.sse('/api/events');
  assert.equal((await sse.next()).event, 'snapshot');
  await server.order('stop', 'providerRouter');
  await events.expect('providerRouter', 'stopping');
  assert.equal((await sse.next()).event, 'lifecycle:update');
  for (const left of ['2 requests', '1 request']) {
    const said = await socket.nextOf('detail:updated');
    assert.deepEqual([said.process, said.generation, said.detail], ['providerRouter', 1, `Draining: ${left} in flight`]);
    const { event, id, data } = await sse.next();
    assert.deepEqual([event, id, JSON.parse(data)], ['detail:updated', null, said]);
    assert.equal((await server.state('providerRouter')).detail, said.detail);
    assert.match((await server.cli(['status'])).stdout, new RegExp(`Stopping\\.\\.\\. \\(${said.detail}\\)`));
    far.waiting.shift()?.();
  }
  const stopped = await events.expect('providerRouter', 'stopped');
  assert.deepEqual([stopped.exit.code, 'detail' in stopped], [0, false]);
  for (const stream of streams) await within(stream.ended, 'the end of a stream');
  sse.close();
  socket.close();
});

scenario('twenty starts at once are one start', { ...router, args: ['--no-start'] }, async ({ server, events }) => {
  const started = await Promise.all(Array.from({ length: 20 }, () => server.order('start', 'providerRouter', '?wait=30')));
  assert.deepEqual(new Set(started.map((one) => one.generation)), new Set([1]));
  await events.expect('providerRouter', 'starting', 'running');
  assert.equal(server.offspring().length, 1);
});
