// Names, keyboard, narrow screens, less motion, what is said to those who hear the page.
import assert from 'node:assert/strict';
import { child } from '../lib/harness.mjs';
import { eventually } from '../lib/time.mjs';
import { order, rowOf, rowShows, saysWhyNot, statusBar, works } from './lib/find.mjs';
import { poke } from './lib/gate.mjs';
import { brightness } from './lib/look.mjs';
import { seenBy } from './lib/recorder.mjs';
import { seen } from './lib/visitor.mjs';

const processes = {
  a: { title: 'Alpha', command: child('poke', 'trap:TERM:0:1500', 'serve'), port: 'free' },
  b: { title: 'Beta', command: child('say:up'), ready: { stdout: 'up' } },
};

seen('a row is named by its title and links to its page and its logs', { processes }, async ({ visit }) => {
  const page = await visit();
  for (const title of ['Alpha', 'Beta']) {
    const row = rowOf(page, title);
    await row.waitFor();
    for (const verb of /** @type {const} */ (['Start', 'Stop', 'Restart'])) {
      assert.equal(await order(page, verb, title).innerText(), verb);
      assert.equal(await row.getByRole('button', { name: `${verb} ${title}`, exact: true }).count(), 1);
    }
  }
  await rowOf(page, 'Alpha').getByRole('link', { name: /^Logs/ }).click();
  await page.waitForURL(/\/logs\?.*\ba\b/);
  await page.goBack();
  await rowOf(page, 'Alpha').getByRole('link', { name: 'Alpha', exact: true }).click();
  await page.waitForURL(/\/processes\/a$/);
  await page.getByRole('heading', { level: 1, name: 'Alpha' }).waitFor();
});

seen('a button that is not available says why and can be reached', { processes }, async ({ server, events, visit }) => {
  const page = await visit();
  await rowShows(page, 'Beta', 'Stopped');
  assert.match(await saysWhyNot(order(page, 'Stop', 'Beta')), /stopped|not running/i);
  assert.equal(await works(order(page, 'Start', 'Beta')), true);
  await server.order('start', 'b');
  await events.expect('b', 'starting', 'running');
  await rowShows(page, 'Beta', 'Running');
  assert.match(await saysWhyNot(order(page, 'Start', 'Beta')), /running/i);
  assert.equal(await works(order(page, 'Stop', 'Beta')), true);
  await order(page, 'Start', 'Alpha').click();
  await rowShows(page, 'Alpha', 'Starting...');
  assert.equal(await works(order(page, 'Stop', 'Alpha')), true, 'Stop while starting');
  await poke(server, 'a');
  await events.reach('a', 'running');
  await order(page, 'Stop', 'Alpha').click();
  await rowShows(page, 'Alpha', 'Stopping...');
  assert.equal(await works(order(page, 'Start', 'Alpha')), true, 'Start while stopping');
  await rowShows(page, 'Alpha', 'Stopped');
});

seen('each transition is said once, politely; errors at once', {
  processes: { ...processes, bad: { title: 'Bad', command: child('wait:300', 'exit:3'), ready: { stdout: 'never' } } },
}, async ({ server, visit, ports }) => {
  const page = await visit();
  await order(page, 'Start', 'Alpha').click();
  await poke(server, 'a');
  await rowShows(page, 'Alpha', `Running :${ports.a}`);
  await order(page, 'Stop', 'Alpha').click();
  await rowShows(page, 'Alpha', 'Stopped');
  await order(page, 'Start', 'Bad').click();
  await rowShows(page, 'Bad', 'Process exited with code 3 during startup');
  const heard = async () => (await seenBy(page)).said.filter(({ text }) => /Alpha|Bad/.test(text));
  await eventually(async () => (await heard()).some(({ text }) => text.includes('exited')), 'the error is said');
  const said = await heard();
  const alpha = said.filter(({ text }) => text.includes('Alpha'));
  assert.deepEqual(alpha.map(({ manner }) => manner), ['polite', 'polite', 'polite', 'polite'], JSON.stringify(said));
  for (const [at, word] of ['Starting', 'Running', 'Stopping', 'Stopped'].entries()) assert.match(alpha[at].text, new RegExp(word));
  const bad = said.filter(({ text }) => text.includes('Bad'));
  assert.deepEqual(bad.map(({ manner }) => manner), ['polite', 'assertive'], JSON.stringify(said));
});

/** Presses Tab until this has the focus. @param {import('playwright-core').Page} page @param {import('playwright-core').Locator} target */
async function tabTo(page, target) {
  for (let step = 0; step < 60; step += 1) {
    if (await target.evaluate((element) => element === document.activeElement)) return;
    await page.keyboard.press('Tab');
  }
  assert.fail(`60 times Tab do not lead to ${target}`);
}

seen('by keyboard alone: reach, see where one is, start, stop, open a process, come back', { processes }, async ({ visit }) => {
  const page = await visit();
  await rowShows(page, 'Beta', 'Stopped');
  await page.keyboard.press('Tab');
  const skip = page.getByRole('link', { name: /skip/i });
  assert.equal(await skip.evaluate((element) => element === document.activeElement), true, 'the first stop skips the navigation');
  await tabTo(page, order(page, 'Start', 'Beta'));
  const ring = await order(page, 'Start', 'Beta').evaluate((element) => {
    const { outlineStyle, outlineWidth, boxShadow } = getComputedStyle(element);
    return (outlineStyle !== 'none' && parseFloat(outlineWidth) >= 2) || boxShadow.includes('2px');
  });
  assert.equal(ring, true, 'the focus is seen');
  await page.keyboard.press('Enter');
  await rowShows(page, 'Beta', 'Running');
  assert.equal(await order(page, 'Start', 'Beta').evaluate((element) => element === document.activeElement), true, 'the focus stays');
  await tabTo(page, order(page, 'Stop', 'Beta'));
  await page.keyboard.press(' ');
  await rowShows(page, 'Beta', 'Stopped');
  await page.keyboard.press('Home');
  await rowOf(page, 'Alpha').getByRole('link', { name: 'Alpha', exact: true }).focus();
  await page.keyboard.press('Enter');
  await page.getByRole('heading', { level: 1, name: 'Alpha' }).waitFor();
  const tab = page.getByRole('tab').first();
  await tabTo(page, tab);
  await page.keyboard.press('ArrowRight');
  await eventually(async () => await page.getByRole('tab').nth(1).getAttribute('aria-selected') === 'true', 'arrows change the tab');
  await page.goBack();
  await rowShows(page, 'Beta', 'Stopped');
});

seen('dialogs by keyboard: open, stay inside, Escape, back to where one was', { processes }, async ({ visit }) => {
  const page = await visit();
  await rowShows(page, 'Beta', 'Stopped');
  const opener = page.getByRole('button', { name: /Commands/ });
  await opener.focus();
  for (const keys of ['Enter', 'Control+k', '?']) {
    await page.keyboard.press(keys);
    const dialog = page.getByRole('dialog');
    await dialog.waitFor();
    for (let step = 0; step < 12; step += 1) {
      await page.keyboard.press('Tab');
      const inside = await page.evaluate(() => document.activeElement === document.body || document.activeElement?.closest('dialog, [role="dialog"]') !== null);
      assert.equal(inside, true, `Tab ${step + 1} left the dialog of ${keys}`);
    }
    await page.keyboard.press('Escape');
    await dialog.waitFor({ state: 'hidden' });
    assert.equal(await opener.evaluate((element) => element === document.activeElement), true, `back after ${keys}`);
  }
});

seen('the sheet of keys has those of every page', { processes }, async ({ visit }) => {
  const page = await visit();
  await rowShows(page, 'Beta', 'Stopped');
  await page.keyboard.press('?');
  const sheet = page.getByRole('dialog', { name: 'Keyboard shortcuts' });
  for (const [title, does] of [['Everywhere', 'Command palette'], ['Processes', 'Restart it'], ['Logs', 'Search'], ['In the output', 'Wrap long lines']]) {
    const group = sheet.locator('section').filter({ has: page.getByRole('heading', { name: title, exact: true }) });
    await group.getByText(does, { exact: true }).waitFor();
  }
});

seen('with less motion nothing turns for ever', { processes }, async ({ visit }) => {
  const page = await visit({ context: { reducedMotion: 'reduce' } });
  await order(page, 'Start', 'Alpha').click();
  await rowShows(page, 'Alpha', 'Starting...');
  const moves = () => page.evaluate(() => document.getAnimations().filter((animation) => animation.playState === 'running'
    && animation.effect?.getTiming().iterations === Infinity).map((animation) => animation.effect instanceof KeyframeEffect && animation.effect.target?.outerHTML));
  assert.deepEqual(await moves(), []);
  await statusBar(page).getByText('Starting...').waitFor();
});

seen('light and dark: as the system, until the person chooses, and kept', { processes }, async ({ visit }) => {
  for (const colorScheme of /** @type {const} */ (['light', 'dark'])) {
    const page = await visit({ context: { colorScheme } });
    const bright = async () => await brightness(page) > 0.5;
    assert.equal(await bright(), colorScheme === 'light');
    const theme = page.getByRole('button', { name: /^Theme/ });
    const other = colorScheme === 'light' ? 'Dark' : 'Light';
    for (let step = 0; step < 3 && !(await theme.innerText()).includes(other); step += 1) await theme.click();
    await eventually(async () => await bright() !== (colorScheme === 'light'), 'the other theme');
    await page.reload();
    assert.equal(await bright(), colorScheme !== 'light', 'kept');
  }
});
