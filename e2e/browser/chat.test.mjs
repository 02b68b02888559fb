// The page that talks to the models, through the real router.
import assert from 'node:assert/strict';
import { eventually } from '../lib/time.mjs';
import { auditClean } from './lib/audit.mjs';
import { rowShows, works } from './lib/find.mjs';
import { provide, ROUTER } from './lib/provide.mjs';
import { upstream } from './lib/upstream.mjs';
import { seen } from './lib/visitor.mjs';

const processes = ROUTER;

seen('a question, and the answer as it comes', { processes }, async (world) => {
  const model = await upstream();
  await provide(world, model.url);
  const page = await world.visit({ path: '/chat' });
  const field = page.getByRole('main').getByRole('textbox').last();
  await field.fill('How do you do?');
  await page.getByRole('button', { name: /^Send/ }).click();
  await page.getByText('Good morning!').waitFor();
  assert.equal(model.asked[0].body.messages.at(-1).content, 'How do you do?');
  assert.equal(model.asked[0].body.stream, true);
  await auditClean(page, 'a conversation');
  model.close();
});

seen('Stop ends an answer that hangs, upstream too; what came stays', { processes }, async (world) => {
  const model = await upstream({ words: ['Well, '], hang: true });
  await provide(world, model.url);
  const page = await world.visit({ path: '/chat' });
  await page.getByRole('main').getByRole('textbox').last().fill('Tell me all');
  await page.getByRole('button', { name: /^Send/ }).click();
  await page.getByText('Well,').waitFor();
  await page.getByRole('main').getByRole('button', { name: /^Stop/ }).first().click();
  await eventually(() => model.gone === 1, 'the request upstream has ended');
  await page.getByText('Well,').waitFor();
  model.close();
});

seen('nobody answers upstream: the reason is read, and one can ask again', { processes }, async (world) => {
  const model = await upstream();
  await provide(world, model.url);
  const page = await world.visit({ path: '/chat', forgives: /502|Failed to load resource/ });
  await page.getByRole('main').getByRole('textbox').last().fill('Anybody?');
  await eventually(() => works(page.getByRole('button', { name: /^Send/ })), 'a model is chosen');
  model.close();
  await page.getByRole('button', { name: /^Send/ }).click();
  await page.getByRole('main').getByText(/house.*reached/i).waitFor();
  assert.equal(await works(page.getByRole('button', { name: 'Ask again' })), true);
  await auditClean(page, 'a failed answer');
});

seen('the router is stopped: the page says so and offers to start it', { processes: { providerRouter: { ...ROUTER.providerRouter, autostart: false } } }, async ({ visit, server }) => {
  const page = await visit({ path: '/chat' });
  await page.getByRole('main').getByText(/router/i).first().waitFor();
  await page.getByRole('main').getByRole('button', { name: /^Start/ }).click();
  await page.goto('/');
  await rowShows(page, 'Provider router', `Running :${server.ports.providerRouter}`);
});
