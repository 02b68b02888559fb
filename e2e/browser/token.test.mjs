// Where a token is in force the page asks for it.
import assert from 'node:assert/strict';
import { child } from '../lib/harness.mjs';
import { eventually } from '../lib/time.mjs';
import { isLive, order, rowShows } from './lib/find.mjs';
import { seen } from './lib/visitor.mjs';

const TOKEN = 'correct-horse-battery-staple';
const world = {
  processes: { a: { title: 'Alpha', command: child('say:up'), ready: { stdout: 'up' } } },
  headers: { authorization: `Bearer ${TOKEN}` }, env: { SIGNALBOX_TOKEN: TOKEN },
};
/** The browser's own line about the 401 that makes the page ask. */
const forgives = /401/;

/** @param {import('playwright-core').Page} page @param {string} token */
async function enter(page, token) {
  const field = page.getByLabel('Token', { exact: true });
  await field.fill(token);
  await field.press('Enter');
}

seen('asked for; a wrong one is called wrong; the right one lets in', world, async ({ visit }) => {
  const page = await visit({ live: false, forgives });
  const field = page.getByLabel('Token', { exact: true });
  await field.waitFor();
  assert.equal(await field.getAttribute('type'), 'password');
  assert.equal(await page.getByText('Alpha', { exact: true }).count(), 0, 'nothing is shown yet');
  await enter(page, 'wrong');
  await page.getByRole('alert').filter({ hasText: /(not|wrong).* token/i }).waitFor();
  // As it comes from a terminal.
  await enter(page, `  ${TOKEN} `);
  await isLive(page);
  await rowShows(page, 'Alpha', 'Stopped');
  await eventually(() => page.evaluate(() => document.activeElement !== document.body), 'the focus is on the page');
  await order(page, 'Start', 'Alpha').click();
  await rowShows(page, 'Alpha', 'Running');
});

seen('it lives in the tab: kept over a reload, not in another one, never in the address', world, async ({ visit }) => {
  const page = await visit({ live: false, forgives });
  await enter(page, TOKEN);
  await isLive(page);
  await page.reload();
  await isLive(page);
  assert.doesNotMatch(page.url(), new RegExp(TOKEN));
  const kept = await page.evaluate(() => ({ session: JSON.stringify({ ...sessionStorage }), local: JSON.stringify({ ...localStorage }), cookie: document.cookie }));
  assert.match(kept.session, new RegExp(TOKEN));
  assert.doesNotMatch(kept.local + kept.cookie, new RegExp(TOKEN));
  const other = await page.context().newPage();
  await other.goto('/');
  await other.getByLabel('Token', { exact: true }).waitFor();
});

seen('a line for a terminal says where the token goes, and never the token', world, async ({ visit }) => {
  const page = await visit({ path: '/processes/a?tab=try', live: false, forgives });
  await enter(page, TOKEN);
  const line = page.getByText(/^curl /);
  await line.waitFor();
  assert.match(await line.innerText(), /-H "Authorization: Bearer \$SIGNALBOX_TOKEN" http/);
});

seen('on every page, and that page is there afterwards', world, async ({ visit }) => {
  const page = await visit({ path: '/processes/a', live: false, forgives });
  await enter(page, TOKEN);
  await page.getByRole('heading', { name: 'Alpha', level: 1 }).waitFor();
});

seen('a token that is no longer right is asked for again', world, async ({ server, visit, again }) => {
  const page = await visit({ live: false, forgives: /401|ERR_CONNECTION|ERR_EMPTY|ERR_INCOMPLETE|WebSocket connection/ });
  await enter(page, TOKEN);
  await isLive(page);
  server.signal('SIGKILL');
  await server.exited;
  const changed = 'another-token-of-this-server';
  await again({ listen: new URL(server.url).host, env: { SIGNALBOX_TOKEN: changed }, headers: { authorization: `Bearer ${changed}` } });
  await page.getByLabel('Token', { exact: true }).waitFor();
  await enter(page, changed);
  await isLive(page);
  await rowShows(page, 'Alpha', 'Stopped');
});
