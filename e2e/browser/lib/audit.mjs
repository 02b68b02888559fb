// axe-core's whole set of rules for WCAG 2.2 A and AA, on the page as it stands.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const TAGS = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22a', 'wcag22aa', 'best-practice'];

/** axe finds nothing. @param {import('playwright-core').Page} page @param {string} where */
export async function auditClean(page, where) {
  // Colours are measured as they are once every fade has ended.
  await page.evaluate(() => Promise.all(document.getAnimations()
    .filter((animation) => animation.effect?.getComputedTiming().iterations !== Infinity).map((animation) => animation.finished.catch(() => {}))));
  await page.evaluate(AXE);
  const found = await page.evaluate(async (tags) => {
    const { violations } = await /** @type {any} */ (window).axe.run(document, { runOnly: { type: 'tag', values: tags } });
    return violations.map((/** @type {any} */ one) => ({
      rule: one.id, help: one.help, nodes: one.nodes.map((/** @type {any} */ node) => `${node.target.join(' ')}: ${node.failureSummary}`),
    }));
  }, TAGS);
  assert.deepEqual(found, [], `axe: ${where}`);
}
