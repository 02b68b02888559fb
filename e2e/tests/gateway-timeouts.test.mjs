// How long a provider may take: as the settings say, or as is said of it alone.
import assert from 'node:assert/strict';
import { scenario } from '../lib/harness.mjs';
import { call } from '../lib/http.mjs';
import { eventually } from '../lib/time.mjs';
import { Upstream, silence } from '../lib/upstream.mjs';

/** @param {string} url @param {string} model */
const chat = (url, model) => call(`${url}/v1/chat/completions`, { method: 'POST', body: JSON.stringify({ model }) });

scenario('a provider may have timeouts of its own', {
  processes: { providerRouter: { builtin: 'provider-router', port: 'free' } },
}, async ({ server, events, ports }) => {
  const [hasty, patient] = [await Upstream.start('hasty', ['m']), await Upstream.start('patient', ['m'])];
  const put = async (/** @type {string} */ path, /** @type {unknown} */ body, method = 'PUT') => {
    const answer = await server.call(path, { method, headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) });
    assert.ok(answer.status < 300, answer.text);
    return answer.json;
  };
  try {
    await events.reach('providerRouter', 'running');
    const url = `http://127.0.0.1:${ports.providerRouter}`;
    const make = (/** @type {Upstream} */ { name, url: baseUrl }, /** @type {object} */ more) => put('/api/providers', { id: name, name, type: 'vllm', baseUrl, ...more }, 'POST');
    assert.equal((await make(hasty, { priority: 2, firstByteTimeout: 0.4 })).firstByteTimeout, 0.4);
    assert.equal((await make(patient, {})).firstByteTimeout, undefined, 'as the settings say');
    for (const id of ['hasty', 'patient']) await eventually(async () => (await call(`${url}/health`)).json.providers[id]?.status === 'ok', `${id} is known`);
    hasty.script = [silence];
    const alone = await chat(url, 'hasty/m');
    assert.deepEqual([alone.status, alone.json.error.provider], [504, 'hasty'], alone.text);
    assert.match(alone.json.error.message, /did not answer within 0\.4 s/);
    // Whoever comes after it has the time that it would have had anyway.
    const begun = Date.now();
    patient.script = [(response) => { setTimeout(() => response.end('{"by":"patient"}'), 1_500); }];
    const second = await chat(url, 'm');
    assert.deepEqual([second.status, second.headers['x-provider']], [200, 'patient'], second.text);
    assert.ok(Date.now() - begun >= 1_800, 'it was waited for');
    // A change is in force at once, and taken back.
    assert.equal((await put('/api/providers/hasty', { firstByteTimeout: null, idleTimeout: 0.3 })).firstByteTimeout, undefined);
    hasty.script = [(response) => { setTimeout(() => response.writeHead(200, { 'content-type': 'text/event-stream' }).write('data: {"n":1}\n\n'), 900); }];
    const stalled = await eventually(async () => {
      const answer = await chat(url, 'hasty/m').catch(() => undefined);
      // It is cut off, so that there is no answer to be had whole.
      return answer === undefined || answer.status !== 504;
    }, 'the change is in force');
    assert.ok(stalled);
    const row = await eventually(async () => (await server.get('/api/requests?provider=hasty&outcome=idle_timeout')).requests[0], 'its row');
    assert.match(row.error, /0\.3 s/);
  } finally { hasty.close(); patient.close(); }
});
