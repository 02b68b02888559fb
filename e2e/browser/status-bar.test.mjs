// The status bar: on every page and at every width all of it is there to be read, and nothing in it moves.
import assert from 'node:assert/strict';
import { child } from '../lib/harness.mjs';
import { eventually } from '../lib/time.mjs';
import { barShows, isLive, rowShows, statusBar } from './lib/find.mjs';
import { PAGES } from './lib/pages.mjs';
import { seenBy } from './lib/recorder.mjs';
import { seen } from './lib/visitor.mjs';

const processes = { a: { title: 'Alpha', command: child('serve'), port: 'free' } };
const SIZES = [[375, 740], [768, 1024], [1024, 768], [1280, 800]];

/** What is read at this place is seen: within the bar, not cut off, and nothing lies over it. @param {import('playwright-core').Locator} part */
const isSeen = (part) => part.evaluate((element) => {
  const bar = element.closest('section')?.getBoundingClientRect();
  const box = element.getBoundingClientRect();
  if (!bar || box.width === 0) return false;
  const cut = [element, ...element.querySelectorAll('*')].some((one) => one.scrollWidth > one.clientWidth + 1 && getComputedStyle(one).overflowX === 'hidden' && one.clientWidth > 1);
  const on = document.elementFromPoint(box.x + box.width / 2, box.y + box.height / 2);
  return !cut && box.left >= bar.left && box.right <= bar.right + 1 && box.top >= bar.top && box.bottom <= bar.bottom + 1
    && on !== null && (element.contains(on) || on.contains(element));
});

for (const [width, height] of SIZES) {
  seen(`everything is in the status bar of every page, ${width} px wide`, { processes }, async ({ server, visit }) => {
    await server.call('/api/settings/active_model', { method: 'PUT', headers: { 'content-type': 'application/json' }, body: '{"value":"qwen3-coder"}' });
    const page = await visit({ context: { viewport: { width, height } } });
    const words = ['Live', new URL(server.url).host, '3/3 providers', '0 models', 'No credentials', 'Qwen / qwen3-coder', 'Stopped'];
    for (const { path } of PAGES) {
      await page.goto(path);
      await isLive(page);
      for (const word of words) {
        const part = statusBar(page).getByText(word, { exact: true }).last();
        await part.waitFor();
        await eventually(() => isSeen(part), `${word} on ${path}`);
      }
    }
  });
}

/** @param {import('playwright-core').Page} page */
async function nothingMoved(page) {
  // Two frames, so that the last shift is reported.
  await page.evaluate(() => new Promise((done) => { requestAnimationFrame(() => requestAnimationFrame(done)); }));
  assert.deepEqual((await seenBy(page)).shifts, []);
}

for (const [width, height] of [SIZES[0], SIZES[3]]) {
  seen(`nothing moves while the connection is lost and found, ${width} px wide`, { processes }, async ({ server, visit, again }) => {
    const page = await visit({ context: { viewport: { width, height } }, forgives: /ERR_|WebSocket/ });
    await rowShows(page, 'Alpha', 'Stopped');
    await statusBar(page).getByText('Qwen', { exact: true }).waitFor();
    server.signal('SIGKILL');
    await server.exited;
    await statusBar(page).getByText('Reconnecting...', { exact: true }).waitFor();
    await again({ listen: new URL(server.url).host });
    await isLive(page);
    await barShows(page, 'Stopped');
    await nothingMoved(page);
  });

  seen(`nothing moves while a token is asked for, ${width} px wide`, {
    processes, env: { SIGNALBOX_TOKEN: 'secret-of-this-test' }, headers: { authorization: 'Bearer secret-of-this-test' },
  }, async ({ visit }) => {
    const page = await visit({ live: false, context: { viewport: { width, height } }, forgives: /401/ });
    const field = page.getByLabel('Token', { exact: true });
    for (const [token, words] of [['', /Enter the token/], ['wrong', /not the token/]]) {
      await field.fill(String(token));
      await field.press('Enter');
      await page.getByRole('alert').filter({ hasText: words }).waitFor();
    }
    await field.fill('secret-of-this-test');
    await field.press('Enter');
    await isLive(page);
    await rowShows(page, 'Alpha', 'Stopped');
    await eventually(async () => (await statusBar(page).innerText()).includes('Qwen'), 'the active provider');
    await nothingMoved(page);
  });
}
