// A process's page shows its output as the page of logs does.
import assert from 'node:assert/strict';
import { child } from '../lib/harness.mjs';
import { eventually } from '../lib/time.mjs';
import { auditClean } from './lib/audit.mjs';
import { poke } from './lib/gate.mjs';
import { seen } from './lib/visitor.mjs';

const processes = {
  a: { title: 'Alpha', command: child('say:apple one', 'err:\u001b[31mpear two\u001b[0m', 'poke', 'flood:500', 'say:the end', 'poke', 'say:after it'), autostart: true },
};

seen('live, coloured, searched, held and followed again', { processes }, async ({ server, visit }) => {
  const page = await visit({ path: '/processes/a' });
  const log = page.getByRole('log', { name: 'Output of Alpha' });
  await log.getByText('apple one').waitFor();
  assert.equal(await log.locator('.ansi-fg-red').innerText(), 'pear two');

  const search = page.getByRole('textbox', { name: /^Filter/ });
  await search.fill('app.e');
  await log.getByText('pear two').waitFor({ state: 'detached' });
  await eventually(() => new URL(page.url()).search.includes('app'), 'the query string');
  await auditClean(page, 'output that is searched');
  await page.reload();
  await log.getByText('apple one').waitFor();
  assert.equal(await search.inputValue(), 'app.e');
  await search.fill('');

  await poke(server, 'a');
  await log.getByText('the end').waitFor();
  await log.hover();
  await page.mouse.wheel(0, -300);
  await page.getByRole('button', { name: 'Follow' }).waitFor();
  await poke(server, 'a');
  await page.getByRole('button', { name: '1 new line' }).click();
  await log.getByText('after it').waitFor();
  await page.getByRole('link', { name: 'Open in Logs' }).click();
  await page.waitForURL(/\/logs\?p=a$/);
});
