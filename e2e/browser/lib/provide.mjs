// The real router with one provider, which the test itself is.
import assert from 'node:assert/strict';

export const ROUTER = { providerRouter: { title: 'Provider router', builtin: 'provider-router', port: 'free', autostart: true } };

/**
 * The router runs, and this provider is the active one.
 * @param {import('../../lib/harness.mjs').World} world @param {string} url
 */
export async function provide({ server, events }, url) {
  const send = (/** @type {string} */ path, /** @type {string} */ method, /** @type {unknown} */ body) => server.call(path, {
    method, headers: { 'content-type': 'application/json' }, body: JSON.stringify(body),
  });
  for (const id of ['qwen-proxy', 'lm-studio', 'ollama']) await server.call(`/api/providers/${id}`, { method: 'DELETE' });
  assert.equal((await send('/api/providers', 'POST', { id: 'house', name: 'House', type: 'openai-compatible', baseUrl: url })).status, 201);
  assert.equal((await send('/api/settings/active_provider', 'PUT', { value: 'house' })).status, 200);
  await events.reach('providerRouter', 'running');
}
