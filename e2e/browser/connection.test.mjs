// What the page knows comes over one connection: it is refreshed, lost, found again, and shared by many.
import assert from 'node:assert/strict';
import { child } from '../lib/harness.mjs';
import { eventually } from '../lib/time.mjs';
import { barShows, isLive, order, rowOf, rowShows, saysWhyNot, statusBar, works } from './lib/find.mjs';
import { poke } from './lib/gate.mjs';
import { colourfulness, stays } from './lib/look.mjs';
import { seenBy, shown } from './lib/recorder.mjs';
import { seen } from './lib/visitor.mjs';

const processes = {
  a: { title: 'Alpha', command: child('poke', 'trap:TERM:0:1500', 'serve'), port: 'free', stop: { timeout: '8s' } },
  b: { title: 'Beta', command: child('say:up'), ready: { stdout: 'up' }, autostart: true },
};
/** What Chromium itself writes to the console of a page whose server is gone. */
const GONE = /ERR_CONNECTION_REFUSED|ERR_CONNECTION_RESET|ERR_EMPTY_RESPONSE|ERR_INCOMPLETE|WebSocket connection to|ERR_SOCKET_NOT_CONNECTED/;
const LOST = 'Disconnected. Reconnecting...';

seen('refreshed while running: the right state, and never another one', { processes }, async ({ server, events, visit, ports }) => {
  await server.order('start', 'a');
  await poke(server, 'a');
  await events.reach('a', 'running');
  const page = await visit();
  await rowShows(page, 'Alpha', `Running :${ports.a}`);
  await page.reload();
  await rowShows(page, 'Alpha', `Running :${ports.a}`);
  await barShows(page, `Running :${ports.a}`);
  const { badges, bar } = await seenBy(page);
  assert.deepEqual([shown(badges.Alpha), shown(badges.Beta), shown(bar)], [[`Running :${ports.a}`], ['Running'], [`Running :${ports.a}`]]);
});

seen('before the connection is there: the state that the page itself brought, and nothing can be ordered', { processes }, async ({ visit, ports }) => {
  // A connection that is open and over which nothing comes.
  const page = await visit({ live: false, before: (page) => page.routeWebSocket(/socket\.io/, () => {}) });
  await rowShows(page, 'Alpha', 'Stopped');
  await barShows(page, 'Stopped');
  await statusBar(page).getByText('Connecting...', { exact: true }).waitFor();
  assert.match(await saysWhyNot(order(page, 'Start', 'Alpha')), /connect/i);
  assert.equal(await page.getByText(`:${ports.a}`, { exact: true }).first().isVisible(), true);
});

seen('refreshed in the middle of a start and of a stop', { processes }, async ({ server, events, visit, ports }) => {
  const page = await visit();
  await order(page, 'Start', 'Alpha').click();
  await events.reach('a', 'starting');
  await page.reload();
  await rowShows(page, 'Alpha', 'Starting...');
  await barShows(page, 'Starting...');
  await poke(server, 'a');
  await rowShows(page, 'Alpha', `Running :${ports.a}`);
  assert.deepEqual(shown((await seenBy(page)).badges.Alpha), ['Starting...', `Running :${ports.a}`]);
  await order(page, 'Stop', 'Alpha').click();
  await events.reach('a', 'stopping');
  await page.reload();
  await rowShows(page, 'Alpha', 'Stopped');
  const words = shown((await seenBy(page)).badges.Alpha);
  assert.ok(words.join() === 'Stopping...,Stopped' || words.join() === 'Stopped', words.join());
});

for (const signal of /** @type {const} */ (['SIGKILL', 'SIGTERM'])) {
  seen(`the server ends by ${signal}: the page says so at once and is right again, without a reload, once another one runs`, { processes }, async ({ server, visit, again }) => {
    const page = await visit({ forgives: GONE });
    await rowShows(page, 'Beta', 'Running');
    await page.evaluate(() => Object.assign(window, { notReloaded: true }));
    const icon = () => page.locator('link[rel="icon"]').getAttribute('href');
    const green = /30a46c/;
    await eventually(async () => green.test(await icon() ?? ''), 'the icon of what runs');
    const badge = rowOf(page, 'Beta').getByText(/^(Running|Stopped)$/).first();
    await eventually(async () => await colourfulness(badge) > 0.1, 'a running process has a colour');

    server.signal(signal);
    await page.getByText(LOST, { exact: true }).first().waitFor();
    await server.exited;
    await statusBar(page).getByText('Reconnecting...', { exact: true }).waitFor();
    await eventually(async () => await colourfulness(badge) < 0.02, 'the last known state is greyed');
    await eventually(async () => /disconnected/i.test(await page.title()), 'the title says so, too');
    await eventually(async () => !green.test(await icon() ?? ''), 'so does the icon');
    for (const verb of /** @type {const} */ (['Start', 'Stop', 'Restart'])) {
      assert.match(await saysWhyNot(order(page, verb, 'Beta')), /connect/i, `${verb} says why it waits`);
    }

    await stays(rowOf(page, 'Beta'), 2_500);

    const next = await again({ listen: new URL(server.url).host, processes: { ...processes, b: { ...processes.b, autostart: false } } });
    await isLive(page);
    await page.getByText(LOST).first().waitFor({ state: 'detached' });
    await rowShows(page, 'Beta', 'Stopped');
    assert.equal(await works(order(page, 'Start', 'Beta')), true);
    await order(page, 'Start', 'Beta').click();
    await rowShows(page, 'Beta', 'Running');
    await eventually(async () => (await next.state('b')).state === 'running', 'so does the server');
    await eventually(async () => await colourfulness(badge) > 0.1, 'the colour is back');
    await eventually(async () => green.test(await icon() ?? ''), 'the icon as before');
    assert.equal(await page.evaluate(() => 'notReloaded' in window), true, 'the page was not reloaded');
  });
}

const PAGE = '**/assets/ProvidersPage-*.js';

seen('a page that could not be fetched while the server was gone is there once another one runs', { processes }, async ({ server, visit, again }) => {
  const page = await visit({ forgives: new RegExp(`${GONE.source}|ERR_FAILED|dynamically imported`), before: (page) => page.route(PAGE, (route) => route.abort()) });
  server.signal('SIGKILL');
  await page.getByText(LOST, { exact: true }).first().waitFor();
  await page.getByRole('link', { name: 'Providers', exact: true }).click();
  await page.getByText('This page failed').waitFor();
  await page.getByRole('link', { name: 'Processes', exact: true }).click();
  await page.unroute(PAGE);
  await again({ listen: new URL(server.url).host });
  await isLive(page);
  await page.getByRole('link', { name: 'Providers', exact: true }).click();
  await page.getByRole('heading', { name: 'Providers', level: 1 }).waitFor();
});

seen('every page is fetched ahead, and there without the server', { processes }, async ({ server, visit }) => {
  const page = await visit({ forgives: GONE });
  await eventually(() => page.evaluate(() => performance.getEntriesByType('resource').some(({ name }) => name.includes('SettingsPage'))), 'the last page is fetched');
  server.signal('SIGKILL');
  await page.getByText(LOST, { exact: true }).first().waitFor();
  for (const name of ['Logs', 'Providers', 'Models', 'Requests', 'Chat', 'Settings']) {
    await page.getByRole('navigation', { name: 'Pages' }).getByRole('link', { name, exact: true }).click();
    await page.getByRole('heading', { name, level: 1 }).waitFor();
    assert.equal(await page.getByRole('main').getByText(/^None /).count(), 0, `nothing is said on ${name} that is not known`);
  }
});

seen('a start is under way when the server dies: the next one is believed, not the old order', { processes }, async ({ server, events, visit, again }) => {
  const page = await visit({ forgives: GONE });
  await order(page, 'Start', 'Alpha').click();
  await events.reach('a', 'starting');
  await rowShows(page, 'Alpha', 'Starting...');
  server.signal('SIGKILL');
  await page.getByText(LOST, { exact: true }).first().waitFor();
  await again({ listen: new URL(server.url).host });
  await isLive(page);
  await rowShows(page, 'Alpha', 'Stopped');
  await barShows(page, 'Stopped');
  assert.equal(await works(order(page, 'Start', 'Alpha')), true);
});

seen('a new server with other processes: none of the old ones is left', { processes }, async ({ server, visit, again }) => {
  const page = await visit({ forgives: GONE });
  await rowOf(page, 'Alpha').waitFor();
  server.signal('SIGKILL');
  await server.exited;
  await again({ listen: new URL(server.url).host, processes: { c: { title: 'Gamma', command: child() } } });
  await rowShows(page, 'Gamma', 'Stopped');
  await rowOf(page, 'Alpha').waitFor({ state: 'detached' });
  await rowOf(page, 'Beta').waitFor({ state: 'detached' });
});

seen('two people see the same, whoever clicks', { processes }, async ({ server, visit, ports }) => {
  const [one, two] = [await visit(), await visit()];
  await order(one, 'Start', 'Alpha').click();
  await rowShows(two, 'Alpha', 'Starting...');
  await poke(server, 'a');
  for (const page of [one, two]) await rowShows(page, 'Alpha', `Running :${ports.a}`);
  await order(two, 'Stop', 'Alpha').click();
  await rowShows(one, 'Alpha', 'Stopping...');
  for (const page of [one, two]) {
    await rowShows(page, 'Alpha', 'Stopped');
    assert.deepEqual(shown((await seenBy(page)).badges.Alpha), ['Stopped', 'Starting...', `Running :${ports.a}`, 'Stopping...', 'Stopped']);
  }
});

seen('two tabs of one person', { processes }, async ({ server, visit, ports }) => {
  const one = await visit();
  const two = await one.context().newPage();
  await two.goto('/');
  await rowShows(two, 'Alpha', 'Stopped');
  await order(one, 'Start', 'Alpha').click();
  await poke(server, 'a');
  // The tab in the foreground paints; the other one is right when it is looked at.
  await rowShows(one, 'Alpha', `Running :${ports.a}`);
  await two.bringToFront();
  await rowShows(two, 'Alpha', `Running :${ports.a}`);
});

seen('orders from elsewhere, such as the command line, are seen as well', { processes }, async ({ server, visit, ports }) => {
  const page = await visit();
  const started = server.cli(['start', 'a']);
  await rowShows(page, 'Alpha', 'Starting...');
  await poke(server, 'a');
  await rowShows(page, 'Alpha', `Running :${ports.a}`);
  assert.equal((await started).code, 0);
});
