// Providers as the router sees them: how they are, what they have, and in which order they are tried.
import assert from 'node:assert/strict';
import { eventually } from '../lib/time.mjs';
import { auditClean } from './lib/audit.mjs';
import { catalogRow as row } from './lib/find.mjs';
import { provide, ROUTER } from './lib/provide.mjs';
import { upstream } from './lib/upstream.mjs';
import { seen } from './lib/visitor.mjs';

const processes = ROUTER;

seen('how a provider is: read as it changes, in words', { processes }, async (world) => {
  const model = await upstream();
  await provide(world, model.url);
  const page = await world.visit({ path: '/providers' });
  await row(page, 'House').getByText('Answered').waitFor();
  await row(page, 'House').getByText('1 model', { exact: false }).waitFor();
  await auditClean(page, 'a provider that answers');
  model.close();
  await page.getByRole('switch', { name: 'House is enabled' }).click();
  await row(page, 'House').getByText('Disabled').waitFor();
  await page.getByRole('switch', { name: 'House is enabled' }).click();
  await row(page, 'House').getByText('Disabled').waitFor({ state: 'detached' });
  // The router learns it when it next has something to ask.
  await fetch(`http://127.0.0.1:${world.ports.providerRouter}/v1/chat/completions`, {
    method: 'POST', headers: { 'content-type': 'application/json' }, body: '{"model":"house/tiny","messages":[]}',
  });
  await row(page, 'House').getByText(/Does not answer|Fails/).waitFor();
  // Why, whole, is a row of its own, and once, also when a test finds the same.
  const reason = page.getByRole('row', { name: /^House: / });
  await reason.getByText(/house .*cannot be reached/).waitFor();
  await auditClean(page, 'a provider that does not answer');
  await page.getByRole('button', { name: 'Test House' }).click();
  await row(page, 'House').getByText(/\d m?s\b/).waitFor();
  assert.equal(await reason.count(), 1);
  for (const width of [1280, 375]) {
    await page.setViewportSize({ width, height: 800 });
    const [whole, table] = [await reason.boundingBox(), await page.getByRole('table').first().boundingBox()];
    assert.ok(whole && table && whole.width >= table.width - 2, `${whole?.width} of ${table?.width} px`);
    assert.equal(await reason.evaluate((element) => element.scrollWidth <= element.clientWidth), true, 'nothing of it is cut off');
  }
});

seen('what the providers have, each with its provider; one is used, one gets a name', { processes }, async (world) => {
  const model = await upstream();
  await provide(world, model.url);
  const page = await world.visit({ path: '/models' });
  const found = page.getByRole('table').getByRole('row').filter({ hasText: 'tiny' });
  await found.getByRole('link', { name: 'House' }).waitFor();
  await auditClean(page, 'models that were found');
  await found.getByRole('button', { name: 'Use tiny' }).click();
  await found.getByText('Active', { exact: true }).waitFor();
  assert.equal((await world.server.get('/api/settings')).settings.active_model, 'tiny');
  await found.getByRole('button', { name: 'Name it: tiny' }).click();
  const dialog = page.getByRole('dialog');
  await eventually(async () => await dialog.getByLabel(/^Upstream model/).inputValue() === 'tiny', 'what it is called there');
  await dialog.getByLabel('Name', { exact: true }).fill('Everyday');
  await dialog.getByRole('button', { name: 'Add model' }).click();
  await row(page, 'Everyday').waitFor();
  const [stored] = (await world.server.get('/api/models')).models;
  assert.deepEqual([stored.providerId, stored.upstreamModel], ['house', 'tiny']);
  model.close();
});

seen('the order in which providers are tried: seen, changed, left to their priority, switched off', { processes }, async (world) => {
  const page = await world.visit({ path: '/providers' });
  const section = page.getByRole('region', { name: 'Fallback' });
  const order = async () => (await section.getByRole('listitem').allInnerTexts()).map((text) => text.replace(/^\d+\s*/, '').trim());
  const stored = async () => (await world.server.get('/api/settings')).settings;
  await eventually(async () => (await order()).length === 3, 'the three providers');
  const [first, second, third] = await order();
  await section.getByRole('button', { name: `Move ${third} up` }).click();
  await eventually(async () => (await order()).join() === [first, third, second].join(), 'the other order');
  await eventually(async () => (await stored()).fallback_order?.length === 3, 'it is stored');
  await section.getByRole('button', { name: `Leave ${first} out` }).click();
  await eventually(async () => (await stored()).fallback_order?.length === 2, 'one is left out');
  await section.getByRole('button', { name: first, exact: true }).waitFor();
  await auditClean(page, 'an order that was chosen');
  await page.reload();
  await eventually(async () => (await order()).join() === [third, second].join(), 'kept');
  await section.getByRole('button', { name: 'By priority' }).click();
  await eventually(async () => (await stored()).fallback_order === null, 'by priority again');
  await section.getByRole('switch', { name: 'Fallback' }).click();
  await eventually(async () => (await stored()).fallback === false, 'switched off');
  await section.getByText(/^Off/).waitFor();
});
