// An order that comes to nothing: the page goes back to what the server says, says why, and goes on.
import assert from 'node:assert/strict';
import { child } from '../lib/harness.mjs';
import { barShows, order, rowShows, works } from './lib/find.mjs';
import { seenBy, shown } from './lib/recorder.mjs';
import { seen } from './lib/visitor.mjs';

const processes = { a: { title: 'Alpha', command: child('say:up'), ready: { stdout: 'up' } } };
/** The browser's own line about an answer that this test made up. */
const forgives = /Failed to load resource|ERR_FAILED|ERR_EMPTY_RESPONSE/;

/** @param {string} message @param {string} code */
const envelope = (message, code) => JSON.stringify({ success: false, error: { message, type: 'refused', code } });

/** @type {Array<[string, (route: import('playwright-core').Route) => Promise<void>, RegExp]>} */
const REFUSALS = [
  ['403 with a reason', (route) => route.fulfill({ status: 403, contentType: 'application/json', body: envelope('This origin may not do that', 'foreign_origin') }), /This origin may not do that/],
  ['500 with a reason', (route) => route.fulfill({ status: 500, contentType: 'application/json', body: envelope('The disk is full', 'internal') }), /The disk is full/],
  ['409 with a reason', (route) => route.fulfill({ status: 409, contentType: 'application/json', body: envelope('The server is shutting down', 'shutting_down') }), /The server is shutting down/],
  ['500 with HTML', (route) => route.fulfill({ status: 500, contentType: 'text/html', body: '<h1>Bad gateway of <b>something</b></h1>' }), /500|answer|not.*understood/i],
  ['200 with HTML', (route) => route.fulfill({ status: 200, contentType: 'text/html', body: '<!doctype html><p>Log in to the hotel network</p>' }), /answer|not.*understood|JSON/i],
  ['500 with nothing', (route) => route.fulfill({ status: 500, body: '' }), /500|answer/i],
  ['200 with JSON of another kind', (route) => route.fulfill({ status: 200, contentType: 'application/json', body: '[null, 7]' }), /answer|not.*understood|expected/i],
  ['no answer: the connection breaks', (route) => route.abort('failed'), /reach|connect|network|answer/i],
];

for (const [what, answer, says] of REFUSALS) {
  seen(`Start is refused: ${what}`, { processes }, async ({ server, visit }) => {
    const page = await visit({ forgives });
    await page.route('**/api/processes/a/start', answer);
    await rowShows(page, 'Alpha', 'Stopped');
    await order(page, 'Start', 'Alpha').click();
    const notice = page.getByRole('region', { name: 'Notifications' });
    await notice.getByText('Alpha').first().waitFor();
    assert.match(await notice.innerText(), says);
    assert.doesNotMatch(await notice.innerText(), /<|undefined|\[object|null|SyntaxError|Unexpected token|stack/i, 'for people');
    await rowShows(page, 'Alpha', 'Stopped');
    await barShows(page, 'Stopped');
    assert.deepEqual(shown((await seenBy(page)).badges.Alpha), ['Stopped', 'Starting...', 'Stopped']);
    assert.equal((await server.state('a')).state, 'stopped');

    // It goes on.
    await page.unroute('**/api/processes/a/start');
    assert.equal(await works(order(page, 'Start', 'Alpha')), true);
    await order(page, 'Start', 'Alpha').click();
    await rowShows(page, 'Alpha', 'Running');
  });
}

seen('an order that gets no answer at all does not stand for ever, nor does it lock the buttons', { processes }, async ({ server, visit }) => {
  const page = await visit({ forgives });
  await page.route('**/api/processes/a/start', () => {}, { times: 1 });
  await order(page, 'Start', 'Alpha').click();
  await rowShows(page, 'Alpha', 'Starting...');
  assert.equal(await works(order(page, 'Stop', 'Alpha')), true, 'Stop works while starting');
  await page.getByRole('region', { name: 'Notifications' }).getByText(/Alpha.*does not answer/).waitFor();
  await rowShows(page, 'Alpha', 'Stopped');
  assert.equal((await server.state('a')).state, 'stopped');
  await order(page, 'Start', 'Alpha').click();
  await rowShows(page, 'Alpha', 'Running');
});

seen('Stop is refused: it is running still, and the page says so', { processes }, async ({ server, events, visit }) => {
  await server.order('start', 'a');
  await events.expect('a', 'starting', 'running');
  const page = await visit({ forgives });
  await page.route('**/api/processes/a/stop', (route) => route.fulfill({ status: 500, contentType: 'application/json', body: envelope('Cannot now', 'internal') }));
  await order(page, 'Stop', 'Alpha').click();
  await page.getByRole('region', { name: 'Notifications' }).getByText('Cannot now').waitFor();
  await rowShows(page, 'Alpha', 'Running');
  assert.deepEqual(shown((await seenBy(page)).badges.Alpha), ['Running', 'Stopping...', 'Running']);
});

for (const [all, path] of /** @type {const} */ ([['Start all', 'start'], ['Stop all', 'stop']])) {
  seen(`${all} is refused`, { processes: { ...processes, b: { title: 'Beta', command: child(), autostart: true } } }, async ({ visit }) => {
    const page = await visit({ forgives });
    await page.route(`**/api/proxy/${path}`, (route) => route.fulfill({ status: 503, contentType: 'application/json', body: envelope('Not just now', 'unavailable') }));
    await rowShows(page, 'Beta', 'Running');
    await page.getByRole('button', { name: new RegExp(`^${all}`) }).click();
    await page.getByRole('region', { name: 'Notifications' }).getByText('Not just now').waitFor();
    await rowShows(page, 'Alpha', 'Stopped');
    await rowShows(page, 'Beta', 'Running');
  });
}
