// Finds things as people do: by role, name and text.
import assert from 'node:assert/strict';
import { eventually } from '../../lib/time.mjs';

/** @typedef {import('playwright-core').Page} Page */
/** @typedef {import('playwright-core').Locator} Locator */

/** A process's row. @param {Page} page @param {string} title @returns {Locator} */
export const rowOf = (page, title) => page.getByRole('article', { name: title, exact: true })
  .or(page.getByRole('row', { name: title, exact: true }));

/** The row of a provider or a model, in which something can be done with it. @param {Page} page @param {string} name */
export const catalogRow = (page, name) => page.getByRole('row').filter({ hasText: name, has: page.getByRole('button') });

/** @param {Page} page @param {'Start' | 'Stop' | 'Restart'} verb @param {string} title */
export const order = (page, verb, title) => page.getByRole('button', { name: `${verb} ${title}`, exact: true });

/** @param {Page} page */
export const statusBar = (page) => page.getByRole('region', { name: 'Status', exact: true });

/** The status bar's lifecycle part. @param {Page} page */
export const lifecycle = (page) => statusBar(page).getByRole('status');

/** Waits until exactly this is read there. @param {Locator} locator @param {string} text */
export async function reads(locator, text) {
  let last = '';
  await eventually(async () => {
    last = (await locator.allInnerTexts()).join(' | ').trim();
    return last === text;
  }, 'the text').catch((error) => { throw new Error(`${error.message}: ${JSON.stringify(text)}; read: ${JSON.stringify(last)}`); });
}

/** Waits until a process's row shows this message, word by word. @param {Page} page @param {string} title @param {string} message */
export const rowShows = (page, title, message) => rowOf(page, title).getByText(message, { exact: true }).first().waitFor();

/** @param {Page} page @param {string} message */
export const barShows = (page, message) => reads(lifecycle(page), message);

/** Whether it works: visible and neither disabled nor said to be. @param {Locator} button */
export async function works(button) {
  await button.waitFor();
  return await button.isEnabled() && await button.getAttribute('aria-disabled') !== 'true';
}

/** It does not work, says why, and can be reached by keyboard to hear it. @param {Locator} button */
export async function saysWhyNot(button) {
  await eventually(async () => !(await works(button)), `${button} is unavailable`);
  assert.equal(await button.getAttribute('disabled'), null, 'reachable, so aria-disabled rather than disabled');
  const why = await button.evaluate((element) => (element.getAttribute('aria-describedby') ?? '').split(' ')
    .map((id) => document.getElementById(id)?.textContent ?? '').join(' ').trim());
  assert.notEqual(why, '', 'an unavailable button says why');
  return why;
}

/** @param {Page} page */
export const isLive = (page) => statusBar(page).getByText('Live', { exact: true }).waitFor();
