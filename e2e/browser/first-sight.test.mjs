// Before the script has run the page shows the state already, where the script will show it.
import assert from 'node:assert/strict';
import { child } from '../lib/harness.mjs';
import { rowOf, rowShows } from './lib/find.mjs';
import { seen } from './lib/visitor.mjs';

const processes = {
  a: { title: 'Alpha', command: child('serve'), port: 'free' },
  b: { title: 'Beta', command: ['no-such-program-anywhere'] },
  c: { title: 'Gamma', command: child('serve'), port: 'free' },
};

/** Its script does not come. @param {import('playwright-core').Page} page */
const withoutScript = (page) => page.route('**/assets/index-*.js', (route) => route.abort());

/** Where the rows' names and messages are. @param {import('playwright-core').Page} page */
const places = (page) => page.evaluate(() => [...document.querySelectorAll('article h2, article [data-badge]')].map((element) => {
  const range = document.createRange();
  range.selectNodeContents(element);
  const { left, top } = range.getBoundingClientRect();
  return { text: element.textContent, left, top };
}));

seen('without a script the state is there to be read', { processes }, async ({ server, visit }) => {
  await server.order('start', 'b', '?wait=1');
  const page = await visit({ live: false, context: { javaScriptEnabled: false } });
  await rowShows(page, 'Alpha', 'Stopped');
  await rowShows(page, 'Beta', 'Cannot start: no-such-program-anywhere: not found');
  assert.match(await page.locator('body').innerText(), /As of \d{4}-\d\d-\d\dT[\d:.]+Z\.[^]*needs JavaScript/);
});

for (const [width, height] of [[375, 740], [1280, 800]]) {
  seen(`what is read stays where it is when the script takes over, ${width} px wide`, { processes }, async ({ visit }) => {
    const context = { viewport: { width, height } };
    const before = await visit({ live: false, context, before: withoutScript, forgives: /ERR_/ });
    await rowOf(before, 'Gamma').waitFor();
    const after = await visit({ context });
    const [first, then] = [await places(before), await places(after)];
    assert.deepEqual(first.map(({ text }) => text), ['Alpha', 'Stopped', 'Beta', 'Stopped', 'Gamma', 'Stopped']);
    assert.deepEqual(first.map(({ text }) => text), then.map(({ text }) => text));
    for (const [at, { text, left, top }] of first.entries()) {
      assert.ok(Math.abs(left - then[at].left) <= 2 && Math.abs(top - then[at].top) <= 2, `${text}: ${JSON.stringify([first[at], then[at]])}`);
    }
  });
}
