// The two built-in proxies under the supervisor.
import assert from 'node:assert/strict';
import { scenario } from '../lib/harness.mjs';
import { call } from '../lib/http.mjs';

scenario('both run, say so and answer', {
  processes: { qwenProxy: { builtin: 'qwen-proxy', port: 'free' }, providerRouter: { builtin: 'provider-router', port: 'free' } },
}, async ({ server, events, ports }) => {
  for (const id of ['qwenProxy', 'providerRouter']) {
    const running = await events.reach(id, 'running').catch(async (error) => {
      throw new Error(`${error.message}: is autostart the default of the built-in ones?`);
    });
    assert.equal(running.message, `Running :${ports[id]}`);
    assert.equal(running.autostart, true);
    assert.equal(running.evidence.port, ports[id]);
    assert.equal(running.evidence.line ?? `Server listening on port ${ports[id]}`, `Server listening on port ${ports[id]}`);
    const health = await call(`http://127.0.0.1:${ports[id]}/health`);
    assert.equal(health.status, 200, health.text);
    assert.equal(health.json.status, 'ok');
    assert.equal(typeof health.json.version, 'string');
  }
  const status = await server.get('/api/proxy/status');
  assert.equal(status.status, 'running');
  await server.post('/api/proxy/stop');
  for (const id of ['qwenProxy', 'providerRouter']) await events.expect(id, 'stopping', 'stopped');
});
