// Providers as the router sees them: how they are, what they have, and in which order they are tried.
import assert from 'node:assert/strict';
import { eventually } from '../lib/time.mjs';
import { auditClean } from './lib/audit.mjs';
import { provide, ROUTER } from './lib/provide.mjs';
import { upstream } from './lib/upstream.mjs';
import { seen } from './lib/visitor.mjs';

const processes = ROUTER;

/** @param {import('playwright-core').Page} page @param {string} name */
const row = (page, name) => page.getByRole('row').filter({ hasText: name });

seen('what the providers have, each with its provider; one is used, one gets a name', { processes }, async (world) => {
  const model = await upstream();
  await provide(world, model.url);
  const page = await world.visit({ path: '/models' });
  const found = page.getByRole('table').getByRole('row').filter({ hasText: 'tiny' });
  await found.getByRole('link', { name: 'House' }).waitFor();
  await auditClean(page, 'models that were found');
  await found.getByRole('button', { name: 'Use tiny' }).click();
  await found.getByText('Active').waitFor();
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
