// What a process is called, prints and dies of is text on the page, whatever it looks like.
import assert from 'node:assert/strict';
import { child } from '../lib/harness.mjs';
import { order, rowOf, rowShows } from './lib/find.mjs';
import { seen } from './lib/visitor.mjs';

/** Each of them would say so, if it came to life. @param {string} where */
const markup = (where) => `<img src=x onerror="window.alive='${where}'"><script>window.alive='${where}'</script>${where}`;

seen('markup in a name, in output and in an error is shown as it is written', {
  // Which of two pipes is read first is not known, so each has a process of its own.
  processes: {
    a: { title: markup('title'), command: child(`err:${markup('error')}`, 'exit:3'), ready: { stdout: 'never' } },
    b: { title: 'B', command: child(`say:${markup('output')}`, 'exit:3'), ready: { stdout: 'never' } },
  },
}, async ({ visit }) => {
  const page = await visit();
  const [title, output] = [markup('title'), markup('output')];
  await rowShows(page, title, 'Stopped');
  await order(page, 'Start', 'B').click();
  await order(page, 'Start', title).click();
  await rowShows(page, title, 'Process exited with code 3 during startup');
  await rowOf(page, title).getByText(markup('error')).first().waitFor();
  await page.goto('/logs');
  await page.getByText(output, { exact: true }).first().waitFor();
  await page.goto('/processes/a');
  await page.getByRole('heading', { name: title }).first().waitFor();
  assert.equal(await page.evaluate(() => /** @type {any} */ (window).alive), undefined);
  assert.equal(await page.locator('img[src="x"]').count(), 0);
});
