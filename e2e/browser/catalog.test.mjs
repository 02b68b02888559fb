// Providers, models, settings and credentials: written by one person, seen by all, and no key is ever shown.
import assert from 'node:assert/strict';
import { child } from '../lib/harness.mjs';
import { eventually } from '../lib/time.mjs';
import { auditClean } from './lib/audit.mjs';
import { catalogRow as row, statusBar } from './lib/find.mjs';
import { upstream } from './lib/upstream.mjs';
import { seen } from './lib/visitor.mjs';

const processes = { a: { title: 'Alpha', command: child() } };
const KEY = 'sk-a-secret-that-nobody-may-see';

/** @param {import('playwright-core').Page} page @param {string} name of what has the focus */
const focusIsOn = (page, name) => eventually(async () => await page.evaluate(() => {
  const { activeElement: one } = document;
  return one?.getAttribute('aria-label') ?? one?.textContent;
}) === name, `the focus is on ${name}`);

/** Nowhere on the page, nor in what it keeps. @param {import('playwright-core').Page} page */
async function keyIsNowhere(page) {
  const everything = await page.evaluate(() => document.documentElement.outerHTML + JSON.stringify({ ...localStorage, ...sessionStorage })
    + [...document.querySelectorAll('input')].map((input) => input.value).join());
  assert.doesNotMatch(everything, new RegExp(KEY));
}

seen('a provider is added, seen by others, tested, changed, disabled, deleted', { processes }, async ({ server, visit }) => {
  const model = await upstream();
  const [page, other] = [await visit({ path: '/providers' }), await visit({ path: '/providers' })];
  await page.getByRole('button', { name: 'Add provider' }).click();
  const dialog = page.getByRole('dialog');
  await auditClean(page, 'the dialog of a provider');
  await dialog.getByLabel('Name', { exact: true }).fill('House model');
  await dialog.getByLabel('Base URL', { exact: true }).fill(model.url);
  await dialog.getByLabel('API key', { exact: true }).fill(KEY);
  await dialog.getByLabel('First byte (s)').fill('1200');
  await dialog.getByRole('button', { name: 'Add provider' }).click();
  await dialog.waitFor({ state: 'hidden' });
  for (const one of [page, other]) {
    await row(one, 'House model').waitFor();
    await statusBar(one).getByText('4/4 providers').waitFor();
    await keyIsNowhere(one);
  }
  const { providers } = await server.get('/api/providers');
  const stored = providers.find((/** @type {any} */ one) => one.name === 'House model');
  assert.deepEqual([stored.baseUrl, stored.hasApiKey, stored.enabled], [model.url, true, true]);
  assert.deepEqual([stored.firstByteTimeout, stored.idleTimeout], [1200, undefined], 'what was left empty is as in the settings');

  await page.getByRole('button', { name: 'Test House model' }).click();
  await row(page, 'House model').getByText(/\d+ ms/).waitFor();
  await page.getByRole('button', { name: 'Test LM Studio' }).click();
  await eventually(async () => !/Not tested|Testing/.test(await row(page, 'LM Studio').innerText()), 'the reason why it does not answer');

  await row(page, 'House model').getByRole('switch').click();
  for (const one of [page, other]) await statusBar(one).getByText('3/4 providers').waitFor();
  assert.equal((await server.get(`/api/providers/${stored.id}`)).enabled, false);

  await page.getByRole('button', { name: 'Edit House model' }).click();
  await dialog.getByLabel('Name', { exact: true }).fill('Guest model');
  assert.equal(await dialog.getByLabel('First byte (s)').inputValue(), '1200');
  await dialog.getByLabel('First byte (s)').fill('');
  await keyIsNowhere(page);
  await dialog.getByRole('button', { name: /^Save/ }).click();
  await row(other, 'Guest model').waitFor();
  const changed = await server.get(`/api/providers/${stored.id}`);
  assert.deepEqual([changed.name, changed.hasApiKey, changed.firstByteTimeout], ['Guest model', true, undefined], 'the key is kept');

  await page.getByRole('button', { name: 'Delete Guest model' }).click();
  await auditClean(page, 'the question before deleting');
  await dialog.getByRole('button', { name: /^Delete/ }).click();
  for (const one of [page, other]) await row(one, 'Guest model').waitFor({ state: 'detached' });
  assert.equal((await server.call(`/api/providers/${stored.id}`)).status, 404);
  model.close();
});

seen('what is wrong with a field is said at that field, and nothing is lost', { processes }, async ({ server, visit }) => {
  const page = await visit({ path: '/providers', forgives: /422|409/ });
  await page.getByRole('button', { name: 'Add provider' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByLabel('Name', { exact: true }).fill('Somewhere');
  const url = dialog.getByLabel('Base URL', { exact: true });
  await url.fill('not an address');
  await dialog.getByRole('button', { name: 'Add provider' }).click();
  await eventually(async () => await url.getAttribute('aria-invalid') === 'true', 'the field is marked');
  const why = await url.evaluate((field) => (field.getAttribute('aria-describedby') ?? '').split(' ')
    .map((id) => document.getElementById(id)?.textContent ?? '').join(' '));
  assert.match(why, /http|address|URL/i);
  assert.equal(await dialog.getByLabel('Name', { exact: true }).inputValue(), 'Somewhere');
  await auditClean(page, 'a form with a fault');
  assert.equal((await server.get('/api/providers')).total, 3);
});

seen('a model is added, seen by others, deleted', { processes }, async ({ server, visit }) => {
  const [page, other] = [await visit({ path: '/models' }), await visit({ path: '/models' })];
  await page.getByRole('button', { name: 'Add model' }).click();
  const dialog = page.getByRole('dialog');
  await auditClean(page, 'the dialog of a model');
  await dialog.getByLabel('Name', { exact: true }).fill('Everyday');
  await dialog.getByLabel('Provider', { exact: true }).selectOption({ label: 'Ollama' });
  await dialog.getByLabel(/^Upstream model/).fill('llama3.2:3b');
  await dialog.getByRole('button', { name: 'Add model' }).click();
  for (const one of [page, other]) {
    await row(one, 'Everyday').waitFor();
    await statusBar(one).getByText(/\b1 model$/).waitFor();
  }
  const [model] = (await server.get('/api/models')).models;
  assert.deepEqual([model.name, model.providerId, model.upstreamModel], ['Everyday', 'ollama', 'llama3.2:3b']);
  await auditClean(page, 'the list of models');
  await page.getByRole('button', { name: 'Delete Everyday' }).click();
  await dialog.getByRole('button', { name: /^Delete/ }).click();
  await row(other, 'Everyday').waitFor({ state: 'detached' });
});

seen('credentials: saved, never shown, expired, deleted; the status bar says it on every page', { processes }, async ({ server, visit }) => {
  const [page, other] = [await visit({ path: '/settings' }), await visit()];
  await statusBar(page).getByText('No credentials').waitFor();
  await page.getByLabel('API key', { exact: true }).fill(KEY);
  assert.equal(await page.getByLabel('API key', { exact: true }).getAttribute('type'), 'password');
  await page.getByRole('button', { name: 'Save credentials' }).click();
  for (const one of [page, other]) await statusBar(one).getByText('Authenticated').waitFor();
  await keyIsNowhere(page);
  assert.equal((await server.get('/api/qwen/credentials')).isValid, true);
  const body = JSON.stringify({ apiKey: KEY, expiresAt: Date.now() + 2_000 });
  assert.equal((await server.call('/api/qwen/credentials', { method: 'POST', headers: { 'content-type': 'application/json' }, body })).status, 200);
  for (const one of [page, other]) await statusBar(one).getByText('Expired').waitFor();
  await auditClean(page, 'expired credentials');
  await server.call('/api/qwen/credentials', { method: 'DELETE' });
  for (const one of [page, other]) await statusBar(one).getByText('No credentials').waitFor();
});

seen('settings: the active provider, and the timeouts', { processes }, async ({ server, visit }) => {
  const page = await visit({ path: '/settings', forgives: /422/ });
  await page.getByLabel('Active provider', { exact: true }).selectOption({ label: 'Ollama' });
  await eventually(async () => (await server.get('/api/settings')).settings.active_provider === 'ollama', 'the setting is stored');
  await statusBar(page).getByText('Ollama').waitFor();
  const connect = page.getByLabel(/^Connect/);
  await connect.fill('7');
  await page.getByRole('button', { name: 'Save timeouts' }).click();
  await eventually(async () => (await server.get('/api/settings')).settings.connect_timeout_s === 7, 'the timeout is stored');
  await page.reload();
  await eventually(async () => await connect.inputValue() === '7', 'and shown again');
});

seen('who goes by keyboard stays where they were when something goes away', { processes }, async ({ server, visit }) => {
  const page = await visit({ path: '/providers' });
  const press = async (/** @type {string} */ name, within = page.getByRole('main')) => {
    await within.getByRole('button', { name, exact: true }).focus();
    await page.keyboard.press('Enter');
  };
  await press('Leave LM Studio out');
  await focusIsOn(page, 'Leave Ollama out');
  await press('By priority');
  await focusIsOn(page, 'Fallback');
  await press('Delete LM Studio');
  await press('Delete', page.getByRole('dialog'));
  await row(page, 'LM Studio').waitFor({ state: 'detached' });
  await focusIsOn(page, 'Delete Ollama');
  const body = JSON.stringify({ apiKey: KEY });
  assert.equal((await server.call('/api/qwen/credentials', { method: 'POST', headers: { 'content-type': 'application/json' }, body })).status, 200);
  await page.getByRole('link', { name: 'Settings', exact: true }).click();
  await press('Delete credentials');
  await press('Delete', page.getByRole('dialog'));
  await focusIsOn(page, 'Qwen credentials');
});

seen('the active provider that is disabled, and one with a long name', { processes }, async ({ server, visit }) => {
  const page = await visit({ path: '/providers' });
  await row(page, 'Qwen').getByText('Active', { exact: true }).waitFor();
  await row(page, 'Qwen').getByText('Not set', { exact: true }).waitFor();
  await row(page, 'Qwen').getByRole('switch').click();
  await row(page, 'Qwen').getByRole('switch', { checked: false }).waitFor();
  assert.equal(await row(page, 'Qwen').getByText('Active', { exact: true }).count(), 1, 'it is the active one all the same');
  const name = 'x'.repeat(100);
  const body = JSON.stringify({ name, type: 'openai-compatible', baseUrl: 'http://127.0.0.1:9/v1' });
  await server.call('/api/providers', { method: 'POST', headers: { 'content-type': 'application/json' }, body });
  await row(page, name).waitFor();
  const list = page.getByRole('region', { name: 'Providers' });
  assert.equal(await list.evaluate((element) => element.scrollWidth > element.clientWidth), false, 'all columns are in view');
});
