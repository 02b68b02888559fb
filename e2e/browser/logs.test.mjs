// The page of output: live, and its address brings the same view again.
import assert from 'node:assert/strict';
import { child } from '../lib/harness.mjs';
import { eventually } from '../lib/time.mjs';
import { rowOf, saysWhyNot } from './lib/find.mjs';
import { poke } from './lib/gate.mjs';
import { seen } from './lib/visitor.mjs';

const processes = {
  a: { title: 'Alpha', command: child('say:apple one', 'err:pear two', 'poke', 'say:apple three', 'poke', 'flood:20000', 'say:the end'), autostart: true },
  b: { title: 'Beta', command: child('say:from the other one'), autostart: true },
};

/** @param {import('playwright-core').Page} page */
const log = (page) => page.getByRole('log');

seen('lines of all processes, live; by its link only those of one', { processes }, async ({ server, visit }) => {
  const page = await visit({ path: '/logs' });
  for (const text of ['apple one', 'pear two', 'from the other one']) await log(page).getByText(text).waitFor();
  await poke(server, 'a');
  await log(page).getByText('apple three').waitFor();
  await page.goto('/');
  await rowOf(page, 'Beta').getByRole('link', { name: /^Logs/ }).click();
  await log(page).getByText('from the other one').waitFor();
  await log(page).getByText('apple one').waitFor({ state: 'detached' });
});

seen('a filter stands in the address and outlives a reload', { processes }, async ({ visit }) => {
  const page = await visit({ path: '/logs?p=a' });
  await log(page).getByText('pear two').waitFor();
  await page.getByRole('textbox', { name: /^Filter/ }).fill('app.e');
  await log(page).getByText('pear two').waitFor({ state: 'detached' });
  await log(page).getByText('apple one').waitFor();
  await eventually(() => new URL(page.url()).search.includes('app'), 'the query string');
  await page.reload();
  await log(page).getByText('apple one').waitFor();
  await log(page).getByText('pear two').waitFor({ state: 'detached' });
  assert.equal(await page.getByRole('textbox', { name: /^Filter/ }).inputValue(), 'app.e');
});

seen('an expression that is none is called so', { processes }, async ({ visit }) => {
  const page = await visit({ path: '/logs' });
  await log(page).getByText('apple one').waitFor();
  const filter = page.getByRole('textbox', { name: /^Filter/ });
  await filter.fill('(');
  await eventually(async () => await filter.getAttribute('aria-invalid') === 'true', 'the field is marked');
});

seen('a flood of lines: the page stays in hand, bounded, and at the end', { processes }, async ({ server, visit }) => {
  const page = await visit({ path: '/logs?p=a' });
  await log(page).getByText('apple one').waitFor();
  await poke(server, 'a');
  await log(page).getByText('apple three').waitFor();
  await poke(server, 'a');
  await log(page).getByText('the end').waitFor();
  const elements = await page.evaluate(() => document.querySelectorAll('*').length);
  assert.ok(elements < 8_000, `${elements} elements for 20,000 lines`);
});

seen('of a process that there is not nothing can be ordered, and why is said', { processes }, async ({ visit }) => {
  const page = await visit({ path: '/logs?p=nosuch' });
  for (const name of ['Start these', 'Stop these', 'Restart these']) {
    assert.match(await saysWhyNot(page.getByRole('button', { name, exact: true })), /no such process/i);
  }
});
