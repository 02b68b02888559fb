// Every page of the contract: there, clean in the eyes of axe, within its width, within its policy; and its picture.
import assert from 'node:assert/strict';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { child } from '../lib/harness.mjs';
import { auditClean } from './lib/audit.mjs';
import { rowShows } from './lib/find.mjs';
import { PAGES, SIZES } from './lib/pages.mjs';
import { ARTIFACTS, seen } from './lib/visitor.mjs';

const processes = {
  a: { title: 'Alpha', command: child('say:first line', 'err:second line', 'serve'), port: 'free', autostart: true },
  bad: { title: 'Bad', command: child('err:out of memory', 'exit:1'), ready: { stdout: 'never' }, autostart: true },
  idle: { title: 'A long title that has to find its place on a narrow screen as well', command: child() },
};

/** Nothing sticks out to the right. @param {import('playwright-core').Page} page @param {string} where */
async function fits(page, where) {
  const wide = await page.evaluate(() => [document.scrollingElement, ...document.querySelectorAll('main, main > *')]
    .filter((element) => element && element.scrollWidth > element.clientWidth + 1 && getComputedStyle(element).overflowX !== 'hidden')
    .map((element) => `${element?.tagName} ${element?.className}: ${element?.scrollWidth} > ${element?.clientWidth}`));
  assert.deepEqual(wide, [], `${where} scrolls sideways`);
}

for (const { path, title, name } of PAGES) {
  seen(`${path}: there, in light and dark, wide and narrow, and axe finds nothing`, { processes }, async ({ server, events, visit }) => {
    await events.reach('bad', 'error');
    await events.reach('a', 'running');
    mkdirSync(ARTIFACTS, { recursive: true });
    for (const colorScheme of /** @type {const} */ (['light', 'dark'])) {
      for (const [size, viewport] of Object.entries(SIZES)) {
        const where = `${name}-${colorScheme}-${size}`;
        const page = await visit({ path, context: { colorScheme, viewport } });
        await page.getByRole('heading', { level: 1 }).filter({ hasText: title }).waitFor();
        await page.screenshot({ path: join(ARTIFACTS, `${where}.png`) });
        await fits(page, where);
        await auditClean(page, where);
        await page.context().close();
      }
    }
    assert.equal((await server.state('a')).state, 'running');
  });
}

seen('an unknown page says so, and leads back; a missing asset and an unknown call are 404', { processes }, async ({ server, visit }) => {
  const page = await visit({ path: '/no/such/page' });
  await page.getByText(/no (such )?page/i).first().waitFor();
  await page.getByRole('main').getByRole('link').first().click();
  await rowShows(page, 'Alpha', `Running :${server.ports.a}`);
  assert.equal((await server.call('/assets/no-such-file.js')).status, 404);
  const api = await server.call('/api/no-such-call');
  assert.equal(api.status, 404);
  assert.equal(api.json.success, false);
});

seen('an unknown process says so', { processes }, async ({ visit }) => {
  const page = await visit({ path: '/processes/nobody' });
  await page.getByRole('main').getByText(/no process/i).first().waitFor();
  await auditClean(page, 'unknown process');
});

seen('the rail leads to every page, and back and forward work', { processes }, async ({ visit }) => {
  const page = await visit();
  const rail = page.getByRole('navigation', { name: 'Pages' });
  for (const { path, title } of PAGES.filter((one) => !['process', 'processes', 'unknown'].includes(one.name))) {
    await rail.getByRole('link', { name: title }).click();
    await page.getByRole('heading', { level: 1 }).filter({ hasText: title }).waitFor();
    assert.equal(new URL(page.url()).pathname, path);
  }
  const last = await page.getByRole('heading', { level: 1 }).innerText();
  await page.goBack();
  await page.getByRole('heading', { level: 1, name: last, exact: true }).waitFor({ state: 'detached' });
  await page.goForward();
  await page.getByRole('heading', { level: 1, name: last, exact: true }).waitFor();
});

seen('the policy: nothing inline, nothing from elsewhere', { processes }, async ({ server }) => {
  for (const { path } of PAGES) {
    const answer = await server.call(path, { headers: { accept: 'text/html' } });
    assert.equal(answer.status, 200, path);
    const policy = String(answer.headers['content-security-policy']);
    assert.doesNotMatch(policy, /unsafe-inline|unsafe-eval|\*(?![:\s;]|$)|https?:(?!\/\/(127\.0\.0\.1|localhost))/);
    for (const directive of ['default-src', 'script-src', 'style-src', 'base-uri', 'frame-ancestors']) assert.match(policy, new RegExp(`${directive} '(self|none)'`));
    assert.doesNotMatch(answer.text, /<script(?![^>]*\ssrc=)[^>]*>|\son\w+=|\sstyle=|(src|href)="(https?:)?\/\//, `${path}: nothing inline, nothing from elsewhere`);
  }
});

for (const colorScheme of /** @type {const} */ (['light', 'dark'])) {
  for (const [size, viewport] of Object.entries(SIZES)) {
    seen(`axe finds nothing with dialogs and details open, ${colorScheme}, ${size}`, { processes }, async ({ events, visit }) => {
      await events.reach('bad', 'error');
      const page = await visit({ context: { colorScheme, viewport } });
      await rowShows(page, 'Bad', 'Process exited with code 1 during startup');
      await page.getByRole('button', { name: /^Show output of Bad/ }).click();
      await auditClean(page, 'with output shown');
      for (const keys of ['Control+k', '?']) {
        await page.keyboard.press(keys);
        await page.getByRole('dialog').waitFor();
        await auditClean(page, `with the dialog of ${keys}`);
        await page.screenshot({ path: join(ARTIFACTS, `dialog-${keys === '?' ? 'help' : 'palette'}-${colorScheme}-${size}.png`) });
        await page.keyboard.press('Escape');
        await page.getByRole('dialog').waitFor({ state: 'hidden' });
      }
      await page.goto('/processes/a');
      for (const tab of ['Output', 'History', 'Configuration', 'Try it']) {
        await page.getByRole('tab', { name: tab }).click();
        await page.getByRole('tabpanel', { name: tab }).waitFor();
        await auditClean(page, `tab ${tab}`);
        await fits(page, `tab ${tab}`);
        await page.screenshot({ path: join(ARTIFACTS, `process-${tab.toLowerCase().replace(' ', '-')}-${colorScheme}-${size}.png`) });
      }
    });

    seen(`axe finds nothing while disconnected and while a token is asked for, ${colorScheme}, ${size}`, {
      processes, env: { SIGNALBOX_TOKEN: 'secret-of-this-test' }, headers: { authorization: 'Bearer secret-of-this-test' },
    }, async ({ server, visit }) => {
      // axe itself reads the style sheets of the pages that were fetched ahead, and complains when they are out of its reach.
      const page = await visit({ live: false, context: { colorScheme, viewport }, forgives: /401|ERR_|WebSocket|load preload assets/ });
      const field = page.getByLabel('Token', { exact: true });
      await field.waitFor();
      await auditClean(page, 'token');
      await field.fill('wrong');
      await field.press('Enter');
      await page.getByRole('alert').filter({ hasText: /token/i }).waitFor();
      await auditClean(page, 'wrong token');
      await page.screenshot({ path: join(ARTIFACTS, `token-${colorScheme}-${size}.png`) });
      await field.fill('secret-of-this-test');
      await field.press('Enter');
      await rowShows(page, 'Alpha', `Running :${server.ports.a}`);
      server.signal('SIGKILL');
      await page.getByText('Disconnected. Reconnecting...').first().waitFor();
      await auditClean(page, 'disconnected');
      await fits(page, 'disconnected');
      await page.screenshot({ path: join(ARTIFACTS, `disconnected-${colorScheme}-${size}.png`) });
      await server.exited;
    });
  }
}
