// Looks at what is painted, rather than at how it is written.
import assert from 'node:assert/strict';
import { setTimeout as delay } from 'node:timers/promises';

/** @typedef {import('playwright-core').Locator} Locator */
/** @typedef {import('playwright-core').Page} Page */

/**
 * Of the pixels of a picture: how far the most colourful one is from grey, and how bright they are on average, 0 to 1.
 * Antialiasing by subpixels is off in headless mode.
 * @param {import('playwright-core').BrowserContext} context @param {Buffer} picture a PNG
 */
async function measure(context, picture) {
  const canvas = await context.newPage();
  try {
    return await canvas.evaluate(async (base64) => {
      const image = new Image();
      image.src = `data:image/png;base64,${base64}`;
      await image.decode();
      const paper = new OffscreenCanvas(image.width, image.height).getContext('2d');
      if (!paper) throw new Error('no canvas');
      paper.drawImage(image, 0, 0);
      const { data } = paper.getImageData(0, 0, image.width, image.height);
      const sums = { colourful: 0, bright: 0 };
      for (let at = 0; at < data.length; at += 4) {
        const [red, green, blue] = data.subarray(at, at + 3);
        sums.colourful = Math.max(sums.colourful, (Math.max(red, green, blue) - Math.min(red, green, blue)) / 255);
        sums.bright += (red + green + blue) / 765 / (data.length / 4);
      }
      return sums;
    }, picture.toString('base64'));
  } finally {
    await canvas.close();
  }
}

/** @param {Locator} locator */
export async function colourfulness(locator) {
  const picture = await locator.screenshot({ animations: 'disabled' });
  return (await measure(locator.page().context(), picture)).colourful;
}

/** @param {Page} page */
export const brightness = async (page) => (await measure(page.context(), await page.screenshot())).bright;

/** For so long nothing that is read there changes. @param {Locator} locator @param {number} ms */
export async function stays(locator, ms) {
  const first = await locator.innerText();
  const end = Date.now() + ms;
  while (Date.now() < end) {
    await delay(100);
    assert.equal(await locator.innerText(), first);
  }
}
