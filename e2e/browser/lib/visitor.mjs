// Somebody with a browser. What the page may never do is watched from its first line on and checked at the end.
import assert from 'node:assert/strict';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { scenario } from '../../lib/harness.mjs';
import { DEADLINE_MS } from '../../lib/time.mjs';
import { isLive } from './find.mjs';
import { record, seenBy } from './recorder.mjs';
import { sharedChromium } from './shared.mjs';

/** @typedef {import('playwright-core').Page} Page */
/**
 * @typedef {{path?: string, server?: import('../../lib/harness.mjs').Server, forgives?: RegExp, live?: boolean,
 *   context?: import('playwright-core').BrowserContextOptions, before?: (page: Page) => Promise<unknown>}} Visit
 * `forgives`: complaints that the test itself provokes, such as the console's line about an answer that it refused.
 * @typedef {(visit?: Visit) => Promise<Page>} Visitor
 */

export const ARTIFACTS = fileURLToPath(new URL('../../artifacts/', import.meta.url));

/** @type {WeakMap<Page, {complaints: string[], forgives: RegExp | undefined}>} */
const watched = new WeakMap();

/** @param {Page} page @param {RegExp} [forgives] */
function watch(page, forgives) {
  /** @type {string[]} */
  const complaints = [];
  watched.set(page, { complaints, forgives });
  page.on('console', (message) => {
    if (['error', 'warning'].includes(message.type())) complaints.push(`console: ${message.text()}`);
  });
  page.on('pageerror', (error) => complaints.push(`thrown: ${error.stack}`));
  page.on('request', (request) => {
    const { protocol, hostname } = new URL(request.url());
    const own = new URL(page.url() === 'about:blank' ? request.url() : page.url()).hostname;
    if (/^(http|ws)/.test(protocol) && hostname !== own) complaints.push(`another host: ${request.url()}`);
  });
}

/** Nothing went wrong on this page that the test did not provoke. @param {Page} page */
export async function checkPage(page) {
  const { complaints, forgives } = watched.get(page) ?? { complaints: [], forgives: undefined };
  const breaches = page.isClosed() ? [] : (await seenBy(page)).breaches.map((text) => `policy: ${text}`);
  assert.deepEqual([...complaints, ...breaches].filter((text) => !forgives?.test(text)), [], `complaints of ${page.url()}`);
}

/** @param {string} base @param {Visit} visit @returns {Promise<Page>} */
async function open(base, { path = '/', forgives, live = true, context: options = {}, before }) {
  const browser = await sharedChromium();
  const context = await browser.newContext({ viewport: { width: 1280, height: 800 }, baseURL: base, ...options });
  context.setDefaultTimeout(DEADLINE_MS);
  const page = await context.newPage();
  await page.addInitScript(record);
  watch(page, forgives);
  await before?.(page);
  await page.goto(path);
  if (live) await isLive(page);
  return page;
}

/** A picture and a description of what a failed test saw. @param {Page} page @param {string} name */
async function describe(page, name) {
  if (page.isClosed()) return '';
  mkdirSync(ARTIFACTS, { recursive: true });
  const file = join(ARTIFACTS, `failed-${name.replaceAll(/[^a-z0-9]+/gi, '-').slice(0, 80)}.png`);
  await page.screenshot({ path: file }).catch(() => {});
  const { breaches: _, ...seen } = await seenBy(page);
  return `\n${page.url()}, pictured in ${file}\nseen: ${JSON.stringify(seen)}\n${await page.locator('body').ariaSnapshot()}`;
}

/**
 * A scenario with people who look at it: `visit()` opens a page of its own browser context.
 * @param {string} name
 * @param {Parameters<typeof scenario>[1]} options
 * @param {(world: import('../../lib/harness.mjs').World & {visit: Visitor}) => Promise<void>} body
 */
export function seen(name, options, body) {
  scenario(name, options, async (world) => {
    /** @type {Page[]} */
    const pages = [];
    /** @type {Visitor} */
    const visit = async (wanted = {}) => {
      const page = await open((wanted.server ?? world.server).url, wanted);
      pages.push(page);
      return page;
    };
    try {
      await body({ ...world, visit });
      for (const page of pages) await checkPage(page);
    } catch (error) {
      const sights = await Promise.all(pages.map((page) => describe(page, name).catch(String)));
      // The stack, as that is what gets printed.
      if (error instanceof Error) error.stack += sights.join('');
      throw error;
    } finally {
      for (const page of pages) await page.context().close();
    }
  });
}
