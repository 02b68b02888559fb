// The page of requests, with real ones: they go through the router's own process while the page is looked at.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { eventually, within } from '../lib/time.mjs';
import { Upstream, refusal } from '../lib/upstream.mjs';
import { provide, ROUTER } from './lib/provide.mjs';
import { seen } from './lib/visitor.mjs';

const processes = ROUTER;

/** @param {import('playwright-core').Page} page @param {string | RegExp} text */
const row = (page, text) => page.getByRole('region', { name: 'List of requests' }).getByRole('listitem').filter({ hasText: text });
/** @param {import('playwright-core').Page} page */
const count = (page) => row(page, '').count();

/** An answer that begins at once and goes on when told. */
function slowly() {
  /** @type {() => void} */
  let go = () => {};
  const told = new Promise((done) => { go = () => done(undefined); });
  const chunk = (/** @type {object} */ value) => `data: ${JSON.stringify({ id: 'c', object: 'chat.completion.chunk', created: 1, model: 'tiny', ...value })}\n\n`;
  /** @type {import('../lib/upstream.mjs').Reply} */
  const reply = async (response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    response.write(chunk({ choices: [{ index: 0, delta: { role: 'assistant', content: 'Well' }, finish_reason: null }] }));
    await told;
    response.write(chunk({ choices: [{ index: 0, delta: {}, finish_reason: 'stop' }] }));
    response.end(`${chunk({ choices: [], usage: { prompt_tokens: 1_204, completion_tokens: 512, total_tokens: 1_716 } })}data: [DONE]\n\n`);
  };
  return { reply, go };
}

/** @param {number} port @param {string} body @param {AbortSignal} [signal] */
const ask = (port, body, signal) => fetch(`http://127.0.0.1:${port}/v1/chat/completions`, {
  method: 'POST', headers: { 'content-type': 'application/json', 'user-agent': 'live-client/3' }, body, signal,
});

/** What a shell makes of a line that begins with `curl`. @param {string} line */
async function argumentsOf(line) {
  const { stdout } = await promisify(execFile)('sh', ['-c', `curl() { for one; do printf '%s\\0' "$one"; done; }\n${line}`]);
  return stdout.split('\0').slice(0, -1);
}

seen('one goes through the router: in flight, then its tokens and times; the same call again as curl', { processes }, async (world) => {
  const { reply, go } = slowly();
  const model = await Upstream.start('house', ['tiny'], [reply]);
  await provide(world, model.url);
  const port = world.ports.providerRouter;
  const page = await world.visit({ path: '/requests', context: { permissions: ['clipboard-read', 'clipboard-write'] } });
  await page.getByText('No requests yet').waitFor();

  const answer = ask(port, JSON.stringify({ model: 'tiny', stream: true, stream_options: { include_usage: true }, messages: [{ role: 'user', content: 'Hello' }] }));
  const one = row(page, 'tiny');
  for (const text of ['In flight', 'House', 'Provider router']) await one.getByText(text).waitFor();
  await page.getByText('1 in flight').waitFor();
  go();
  assert.match(await (await answer).text(), /\[DONE\]/);
  for (const text of ['Complete', '200', '1,204 → 512']) await one.getByText(text).waitFor();
  await page.getByText('None in flight').waitFor();
  assert.equal(await count(page), 1, 'one row from its beginning to its end');
  const { requests: [stored] } = await world.server.get('/api/requests');
  assert.ok(stored.firstTokenMs > 0 && stored.firstTokenMs <= stored.totalMs, JSON.stringify(stored));

  await one.click();
  const dialog = page.getByRole('dialog');
  await dialog.getByText('live-client/3').waitFor();
  await dialog.getByText(/^\d+(\.\d)? m?s, first token after (<1|\d+(\.\d)?) m?s$/).waitFor();
  await dialog.getByRole('button', { name: /^Copy as curl/ }).click();
  const line = await eventually(() => page.evaluate(() => navigator.clipboard.readText()), 'the line');
  const [flag, url, header, type, data, body] = await argumentsOf(line);
  assert.deepEqual([flag, url, header, type, data], ['-N', `http://127.0.0.1:${port}/v1/chat/completions`, '-H', 'content-type: application/json', '-d']);
  assert.equal((await (await ask(port, body)).text()).includes('[DONE]'), true, 'it is a call that works');
  assert.deepEqual([model.seen.at(-1)?.model, JSON.parse(model.seen.at(-1)?.body ?? '').stream], ['tiny', true]);
  await page.keyboard.press('Escape');
  await eventually(async () => await count(page) === 2, 'the second one has its row, too');
  model.close();
});

seen('one that ends while the list is on its way is in it', { processes }, async (world) => {
  const model = await Upstream.start('house', ['tiny'], [refusal(500, 'The model is not well')]);
  await provide(world, model.url);
  const list = { leave: () => {}, arrive: () => {} };
  const hasLeft = new Promise((done) => { list.leave = () => done(undefined); });
  const mayArrive = new Promise((done) => { list.arrive = () => done(undefined); });
  const page = await world.visit({
    path: '/requests',
    before: (opened) => opened.route('**/api/requests?*', async (route) => {
      const answer = await route.fetch();
      list.leave();
      await mayArrive;
      await route.fulfill({ response: answer });
    }),
  });
  await within(hasLeft, 'the list is on its way');
  assert.equal((await ask(world.ports.providerRouter, '{"model":"tiny","messages":[]}')).status, 500);
  await row(page, 'Provider error').waitFor();
  list.arrive();
  await page.getByText('None in flight').waitFor();
  await row(page, 'Provider error').waitFor();
  model.close();
});

seen('those that fail say why, and are found by how they ended and by words', { processes }, async (world) => {
  const { reply, go } = slowly();
  const model = await Upstream.start('house', ['tiny'], [refusal(500, 'The model is not well'), reply]);
  await provide(world, model.url);
  const port = world.ports.providerRouter;
  const page = await world.visit({ path: '/requests' });
  assert.equal((await ask(port, '{"model":"tiny","messages":[]}')).status, 500);
  await row(page, 'Provider error').waitFor();
  assert.equal((await ask(port, '{"model":')).status, 400);
  await row(page, 'Refused').waitFor();
  const leaves = new AbortController();
  const left = await ask(port, '{"model":"tiny","stream":true,"messages":[]}', leaves.signal);
  await row(page, 'In flight').waitFor();
  leaves.abort();
  await assert.rejects(left.text());
  await row(page, 'Client left').waitFor();

  const outcome = page.getByLabel('Outcome', { exact: true });
  await outcome.selectOption({ label: 'Failed' });
  await eventually(async () => await count(page) === 2, 'who left has not failed');
  await page.getByRole('textbox', { name: 'Search the requests' }).fill('house NOT WELL');
  await eventually(async () => await count(page) === 1, 'the words of the error');
  await row(page, 'Provider error').click();
  await page.getByRole('dialog').getByText('The model is not well', { exact: false }).waitFor();
  await page.keyboard.press('Escape');
  await outcome.selectOption({ label: 'Client left' });
  await page.getByText('None of those that were read is like that.').waitFor();
  await page.getByRole('button', { name: 'Show all' }).click();
  await eventually(async () => await count(page) === 3, 'all of them');
  go();
  model.close();
});
