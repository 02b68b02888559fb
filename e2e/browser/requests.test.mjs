// The page of requests: what goes through the proxies, as it goes.
import assert from 'node:assert/strict';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { child } from '../lib/harness.mjs';
import { eventually } from '../lib/time.mjs';
import { auditClean } from './lib/audit.mjs';
import { isLive } from './lib/find.mjs';
import { SIZES } from './lib/pages.mjs';
import { reporter } from './lib/reporter.mjs';
import { ARTIFACTS, seen } from './lib/visitor.mjs';

const processes = { providerRouter: { title: 'Provider router', command: child('serve'), port: 'free', autostart: true } };

/** @param {import('playwright-core').Page} page */
const list = (page) => page.getByRole('region', { name: 'List of requests' });
/** @param {import('playwright-core').Page} page */
const rows = (page) => list(page).getByRole('listitem');
/** @param {import('playwright-core').Page} page @param {string | RegExp} text */
const row = (page, text) => rows(page).filter({ hasText: text });

/** So many are shown. @param {import('playwright-core').Page} page @param {number} count */
const has = (page, count) => eventually(async () => await rows(page).count() === count, `${count} requests`);

seen('none yet: how to send one; then it is there by itself, in flight, and how it ended', { processes }, async ({ server, visit }) => {
  const page = await visit({ path: '/requests' });
  await page.getByText('No requests yet').waitFor();
  await page.getByRole('main').getByText(/^curl/).waitFor();
  await auditClean(page, 'no requests');
  await page.setViewportSize(SIZES.narrow);
  const box = await page.getByRole('main').getByText(/^curl/).boundingBox();
  assert.ok(box && box.x >= 0 && box.x + box.width <= SIZES.narrow.width, 'the line is within a narrow screen');
  await page.setViewportSize(SIZES.wide);
  const proxy = await reporter(server);
  const request = proxy.begin();
  const one = rows(page);
  await one.getByText('In flight').waitFor();
  await page.getByText('1 in flight').waitFor();
  await one.getByText(/\b[1-9]\d* s$/).last().waitFor();
  await auditClean(page, 'one in flight');
  request.end();
  await one.getByText('Complete').waitFor();
  for (const text of ['200', 'tiny', 'Ollama', 'Provider router', '12 → 3', '41 ms', '250 ms']) await one.getByText(text).last().waitFor();
  await page.getByText('None in flight').waitFor();
  proxy.close();
});

seen('what failed says why, and is found by a filter that outlives a reload', { processes }, async ({ server, visit }) => {
  const proxy = await reporter(server);
  proxy.begin({ model: 'good' }).end();
  proxy.begin({ model: 'bad' }).end({ status: 502, outcome: 'upstream_error', error: 'ollama answered 500: The model is not well' });
  proxy.begin({ model: 'gone' }).end({ outcome: 'client_gone' });
  const page = await visit({ path: '/requests' });
  await has(page, 3);
  await page.getByLabel('Outcome', { exact: true }).selectOption({ label: 'Failed' });
  await has(page, 1);
  assert.equal(new URL(page.url()).searchParams.get('outcome'), 'failed');
  await page.reload();
  await row(page, 'Provider error').click();
  await page.getByRole('dialog').getByText(/not well/).waitFor();
  await page.keyboard.press('Escape');
  await page.getByLabel('Outcome', { exact: true }).selectOption({ label: 'Client left' });
  await row(page, 'gone').waitFor();
  await has(page, 1);
  await page.getByRole('textbox', { name: 'Search the requests' }).fill('nothing is called this');
  await page.getByText('None of those that were read is like that.').waitFor();
  await page.getByRole('button', { name: 'Show all' }).click();
  await has(page, 3);
  assert.equal(new URL(page.url()).search, '');
  proxy.close();
});

seen('everything of one request, by its link, with ways to its process and generation, and as curl', { processes }, async ({ server, visit, ports }) => {
  const proxy = await reporter(server);
  proxy.begin({ client: 'a-client/7' }).end();
  const page = await visit({ path: '/requests', context: { permissions: ['clipboard-read', 'clipboard-write'] } });
  await row(page, 'Complete').click();
  const dialog = page.getByRole('dialog');
  await dialog.getByText('a-client/7').waitFor();
  await auditClean(page, 'the details of a request');
  const id = new URL(page.url()).searchParams.get('id');
  assert.match(String(id), /^\d+$/);
  await dialog.getByRole('button', { name: /^Copy as curl/ }).click();
  const line = await page.evaluate(() => navigator.clipboard.readText());
  assert.match(line, new RegExp(`^curl -N http://127.0.0.1:${ports.providerRouter}/v1/chat/completions `));
  assert.match(line, /"model":"tiny"/);
  await dialog.getByText('Not stored.').waitFor();
  await page.goBack();
  await dialog.waitFor({ state: 'hidden' });
  await page.goto(`/requests?id=${id}`);
  await dialog.getByText('a-client/7').waitFor();
  await dialog.getByRole('link', { name: 'generation 1' }).click();
  await page.waitForURL(/\/processes\/providerRouter\?tab=history&generation=1/);
  await page.locator('section[aria-current]').getByText('Generation 1').waitFor();
  await page.goto('/requests?id=999999');
  await dialog.getByText(/no request 999999/).waitFor();
  proxy.close();
});

seen('by keyboard: through the list, into one, on to the next, back, to the search', { processes }, async ({ server, visit }) => {
  const proxy = await reporter(server);
  for (const [at, model] of ['first', 'second', 'third'].entries()) proxy.begin({ model, time: Date.now() - 3_000 + at }).end();
  const page = await visit({ path: '/requests' });
  await has(page, 3);
  const focused = () => page.evaluate(() => document.activeElement?.closest('li')?.textContent ?? '');
  await page.keyboard.press('j');
  await eventually(async () => (await focused()).includes('third'), 'the newest one has the focus');
  await page.keyboard.press('j');
  await eventually(async () => (await focused()).includes('second'), 'then the next');
  await page.keyboard.press('Enter');
  const dialog = page.getByRole('dialog');
  await dialog.getByText('second', { exact: true }).waitFor();
  await page.keyboard.press('j');
  await dialog.getByText('first', { exact: true }).waitFor();
  await page.keyboard.press('Escape');
  await dialog.waitFor({ state: 'hidden' });
  await page.keyboard.press('/');
  await page.keyboard.type('second');
  await has(page, 1);
  proxy.close();
});

seen('hundreds: few are in the document; who reads further down is not disturbed', { processes }, async ({ server, visit }) => {
  const proxy = await reporter(server);
  for (let at = 0; at < 300; at += 1) proxy.begin({ model: `m${at}`, time: Date.now() - 300_000 + at * 1_000 }).end();
  await eventually(async () => (await server.get('/api/requests?limit=1000')).requests.length === 300, 'all of them');
  const page = await visit({ path: '/requests' });
  await rows(page).first().waitFor();
  assert.ok(await rows(page).count() < 60, 'only those in view');
  await list(page).evaluate((element) => element.scrollTo(0, 2_000));
  await page.getByRole('button', { name: /^Follow/ }).waitFor();
  // 36 px each: the rows of that place are there.
  await row(page, 'm240').waitFor();
  const shown = async () => (await rows(page).allInnerTexts()).join();
  const before = await shown();
  proxy.begin({ model: 'the-newest' }).end();
  await page.getByRole('button', { name: /^1 new/ }).waitFor();
  assert.equal(await shown(), before, 'nothing moves');
  await page.getByRole('button', { name: /^1 new/ }).click();
  await row(page, 'the-newest').waitFor();
  await list(page).evaluate((element) => element.scrollTo(0, element.scrollHeight));
  await page.getByRole('button', { name: 'Show older' }).click();
  await page.getByText('There are no older ones.').waitFor();
  proxy.close();
});

seen('the connection is lost: greyed; when it is back, what was in flight has crashed', { processes }, async ({ server, visit, again }) => {
  const proxy = await reporter(server);
  proxy.begin();
  const page = await visit({ path: '/requests', forgives: /ERR_|WebSocket/ });
  await row(page, 'In flight').waitFor();
  // Long enough for it to be on disk, as the server says itself.
  await eventually(async () => (await server.get('/api/requests')).requests.length === 1, 'the request');
  proxy.close();
  await row(page, 'Crashed').waitFor();
  server.signal('SIGKILL');
  await server.exited;
  await page.getByText('Disconnected. Reconnecting...').first().waitFor();
  await eventually(() => list(page).evaluate((element) => element.closest('.last-known') !== null), 'greyed');
  await again({ listen: new URL(server.url).host });
  await isLive(page);
  await eventually(() => list(page).evaluate((element) => element.closest('.last-known') === null), 'live again');
});

seen('they are deleted for everybody, once one has said so twice', { processes }, async ({ server, visit }) => {
  const proxy = await reporter(server);
  proxy.begin().end();
  proxy.begin({ model: 'flying' });
  const [page, other] = [await visit({ path: '/requests' }), await visit({ path: '/requests' })];
  for (const one of [page, other]) await has(one, 2);
  await page.getByRole('button', { name: 'Clear' }).click();
  await auditClean(page, 'the question before deleting');
  await page.getByRole('dialog').getByRole('button', { name: 'Delete' }).click();
  for (const one of [page, other]) {
    await has(one, 1);
    await row(one, 'flying').waitFor();
  }
  proxy.close();
});

seen('pictures: light and dark, wide and narrow', { processes }, async ({ server, visit }) => {
  const proxy = await reporter(server);
  const models = ['qwen3-coder-plus', 'llama3.2:3b', 'claude-sonnet-4.5'];
  const ends = [{}, {}, {}, { outcome: 'upstream_error', status: 502, error: 'ollama answered 500: The model is not well' }, { outcome: 'client_gone' }];
  for (let at = 0; at < 60; at += 1) {
    proxy.begin({ model: models[at % 3], time: Date.now() - 600_000 + at * 9_000 }).end({ totalMs: 800 + (at * 370) % 5_000, ...ends[(at * 3) % 5] });
  }
  proxy.begin({ model: 'slow' });
  mkdirSync(ARTIFACTS, { recursive: true });
  for (const colorScheme of /** @type {const} */ (['light', 'dark'])) {
    for (const [size, viewport] of Object.entries(SIZES)) {
      const page = await visit({ path: '/requests', context: { colorScheme, viewport } });
      await row(page, 'In flight').first().waitFor();
      await page.screenshot({ path: join(ARTIFACTS, `requests-live-${colorScheme}-${size}.png`) });
      await auditClean(page, `requests, ${colorScheme}, ${size}`);
      assert.ok(await page.evaluate(() => document.querySelector('main')?.scrollWidth ?? 0) <= viewport.width, 'nothing sticks out');
      await row(page, 'slow').click();
      await page.getByRole('dialog').waitFor();
      await auditClean(page, `details, ${colorScheme}, ${size}`);
      await page.screenshot({ path: join(ARTIFACTS, `requests-details-${colorScheme}-${size}.png`) });
      await page.context().close();
    }
  }
  proxy.close();
});
