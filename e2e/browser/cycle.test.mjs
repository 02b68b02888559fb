// Start and stop, as one person sees them: every word at its time, no other word, nothing that moves.
import assert from 'node:assert/strict';
import { child } from '../lib/harness.mjs';
import { eventually } from '../lib/time.mjs';
import { barShows, order, rowOf, rowShows } from './lib/find.mjs';
import { poke } from './lib/gate.mjs';
import { seenBy, shown } from './lib/recorder.mjs';
import { seen } from './lib/visitor.mjs';

const processes = {
  providerRouter: { title: 'Provider router', command: child('poke', 'trap:TERM:0:1500', 'serve'), port: 'free' },
  other: { title: 'Other', command: child('say:up'), ready: { stdout: 'up' } },
};

/** Holds a request until `go` is called. @param {import('playwright-core').Page} page @param {string} pattern */
async function hold(page, pattern) {
  /** @type {() => void} */
  let go = () => {};
  const gate = new Promise((done) => { go = () => done(undefined); });
  await page.route(pattern, async (route) => { await gate; await route.continue(); });
  return go;
}

seen('start, running, stop, stopped: each word in the row and the status bar, and no other', { processes }, async ({ server, visit, ports }) => {
  const page = await visit();
  await rowShows(page, 'Provider router', 'Stopped');
  await barShows(page, 'Stopped');

  await order(page, 'Start', 'Provider router').click();
  await rowShows(page, 'Provider router', 'Starting...');
  await barShows(page, 'Starting...');
  await poke(server, 'providerRouter');
  const running = `Running :${ports.providerRouter}`;
  await rowShows(page, 'Provider router', running);
  await barShows(page, running);

  await order(page, 'Stop', 'Provider router').click();
  await rowShows(page, 'Provider router', 'Stopping...');
  await barShows(page, 'Stopping...');
  await rowShows(page, 'Provider router', 'Stopped');
  await barShows(page, 'Stopped');

  const { badges, bar } = await seenBy(page);
  const words = ['Stopped', 'Starting...', running, 'Stopping...', 'Stopped'];
  assert.deepEqual(shown(badges['Provider router']), words);
  assert.deepEqual(shown(bar), words);
  assert.deepEqual(shown(badges.Other), ['Stopped'], 'the other one was left alone');
});

for (const [verb, word] of /** @type {const} */ ([['Start', 'Starting...'], ['Stop', 'Stopping...']])) {
  seen(`${verb}: ${word} is there before the server has heard of it`, { processes }, async ({ server, events, visit }) => {
    if (verb === 'Stop') {
      await server.order('start', 'providerRouter');
      await poke(server, 'providerRouter');
      await events.reach('providerRouter', 'running');
    }
    const page = await visit();
    const before = (await server.state('providerRouter')).state;
    const go = await hold(page, '**/api/processes/**');
    await order(page, verb, 'Provider router').click();
    await rowShows(page, 'Provider router', word);
    await barShows(page, word);
    assert.equal((await server.state('providerRouter')).state, before, 'the server knows nothing yet');
    go();
    await events.reach('providerRouter', verb === 'Start' ? 'starting' : 'stopping');
  });
}

seen('the spinner turns while starting and stopping, and only then', { processes }, async ({ server, visit, ports }) => {
  const page = await visit();
  const spins = () => page.getByRole('region', { name: 'Status' }).evaluate((bar) => bar.getAnimations({ subtree: true })
    .some((animation) => animation.playState === 'running' && animation.effect?.getTiming().iterations === Infinity));
  await barShows(page, 'Stopped');
  assert.equal(await spins(), false);
  await order(page, 'Start', 'Provider router').click();
  await barShows(page, 'Starting...');
  await eventually(spins, 'a spinner while starting');
  await poke(server, 'providerRouter');
  await barShows(page, `Running :${ports.providerRouter}`);
  await eventually(async () => !(await spins()), 'no spinner while running');
  await order(page, 'Stop', 'Provider router').click();
  await barShows(page, 'Stopping...');
  await eventually(spins, 'a spinner while stopping');
  await barShows(page, 'Stopped');
  await eventually(async () => !(await spins()), 'no spinner once stopped');
});

for (const [width, height] of [[1280, 800], [1100, 800], [850, 1000], [768, 1000], [375, 740]]) {
  seen(`nothing moves in a start and stop cycle, ${width} px wide`, { processes }, async ({ server, visit, ports }) => {
    const page = await visit({ context: { viewport: { width, height } } });
    await rowShows(page, 'Provider router', 'Stopped');
    const settled = (await seenBy(page)).shifts.length;
    const box = await rowOf(page, 'Other').boundingBox();
    for (let round = 0; round < 2; round += 1) {
      await order(page, 'Start', 'Provider router').click();
      await rowShows(page, 'Provider router', 'Starting...');
      await poke(server, 'providerRouter');
      await rowShows(page, 'Provider router', `Running :${ports.providerRouter}`);
      await order(page, 'Stop', 'Provider router').click();
      await rowShows(page, 'Provider router', 'Stopped');
    }
    // Two frames, so that the last shift is reported.
    await page.evaluate(() => new Promise((done) => { requestAnimationFrame(() => requestAnimationFrame(done)); }));
    const { shifts } = await seenBy(page);
    assert.deepEqual(shifts.slice(settled), [], 'layout shifts in the cycle');
    assert.deepEqual(await rowOf(page, 'Other').boundingBox(), box, 'the row below stands where it stood');
    assert.deepEqual(shifts.slice(0, settled), [], 'layout shifts while loading');
  });
}

seen('the pid is there while it starts', { processes }, async ({ server, visit }) => {
  const page = await visit();
  await order(page, 'Start', 'Provider router').click();
  await rowShows(page, 'Provider router', 'Starting...');
  await rowOf(page, 'Provider router').getByText(/^Spawned \d+ s ago$/).waitFor();
  await rowShows(page, 'Provider router', `pid ${(await server.state('providerRouter')).pid}`);
  await rowShows(page, 'Provider router', 'Starting...');
});

seen('Stop works while starting', { processes }, async ({ events, visit }) => {
  const page = await visit();
  await order(page, 'Start', 'Provider router').click();
  await rowShows(page, 'Provider router', 'Starting...');
  await events.reach('providerRouter', 'starting');
  await order(page, 'Stop', 'Provider router').click();
  await rowShows(page, 'Provider router', 'Stopped');
  assert.deepEqual(shown((await seenBy(page)).badges['Provider router']), ['Stopped', 'Starting...', 'Stopping...', 'Stopped']);
});

seen('Start while stopping: it starts once the stop is complete', {
  processes: { a: { title: 'A', command: child('trap:TERM:0:1500', 'say:up'), ready: { stdout: 'up' } } },
}, async ({ server, events, visit }) => {
  await server.order('start', 'a');
  await events.expect('a', 'starting', 'running');
  const page = await visit();
  await rowShows(page, 'A', 'Running');
  await order(page, 'Stop', 'A').click();
  await events.expect('a', 'stopping');
  await order(page, 'Start', 'A').click();
  await events.expect('a', 'stopped', 'starting', 'running');
  await rowShows(page, 'A', 'Running');
  const words = shown((await seenBy(page)).badges.A);
  assert.ok(words.every((word) => ['Running', 'Stopping...', 'Stopped', 'Starting...'].includes(word)), words.join());
  // `Starting...` may stand there from the click on, as it was ordered; nothing goes back and forth.
  assert.ok(words.length <= 6, `flicker: ${words.join(', ')}`);
  assert.deepEqual(words.slice(0, 2), ['Running', 'Stopping...']);
  assert.equal(words.at(-2), 'Starting...');
});

seen('Restart: stopping, stopped, starting, running', { processes }, async ({ server, events, visit, ports }) => {
  await server.order('start', 'providerRouter');
  await poke(server, 'providerRouter');
  await events.expect('providerRouter', 'starting', 'running');
  const page = await visit();
  const running = `Running :${ports.providerRouter}`;
  await rowShows(page, 'Provider router', running);
  await order(page, 'Restart', 'Provider router').click();
  await rowShows(page, 'Provider router', 'Stopping...');
  await events.expect('providerRouter', 'stopping', 'stopped', 'starting');
  await poke(server, 'providerRouter');
  await rowShows(page, 'Provider router', running);
  const words = shown((await seenBy(page)).badges['Provider router']);
  const whole = [running, 'Stopping...', 'Stopped', 'Starting...', running];
  // `stopped` and `starting` are announced in one breath: the page may paint them together.
  assert.deepEqual(words, words.length === 4 ? whole.filter((word) => word !== 'Stopped') : whole);
});

seen('Start all and Stop all', { processes }, async ({ server, visit, ports }) => {
  const page = await visit();
  await page.getByRole('button', { name: /^Start all/ }).click();
  await rowShows(page, 'Other', 'Running');
  await poke(server, 'providerRouter');
  await rowShows(page, 'Provider router', `Running :${ports.providerRouter}`);
  await page.getByRole('button', { name: /^Stop all/ }).click();
  await rowShows(page, 'Other', 'Stopped');
  await rowShows(page, 'Provider router', 'Stopped');
  const { badges } = await seenBy(page);
  assert.deepEqual(shown(badges.Other), ['Stopped', 'Starting...', 'Running', 'Stopping...', 'Stopped']);
});

seen('many rapid clicks end where the last one points, in words that the server said', {
  processes: { a: { title: 'A', command: child('say:up'), ready: { stdout: 'up' } } },
}, async ({ server, events, visit }) => {
  const page = await visit();
  for (let round = 0; round < 12; round += 1) {
    await order(page, 'Start', 'A').click({ force: true, noWaitAfter: true });
    await order(page, 'Stop', 'A').click({ force: true, noWaitAfter: true });
  }
  await order(page, 'Start', 'A').click({ force: true, noWaitAfter: true });
  await eventually(async () => (await server.state('a')).state === 'running', 'running');
  await rowShows(page, 'A', 'Running');
  await events.caughtUp((await server.get('/api/processes')).seq);
  const words = shown((await seenBy(page)).badges.A);
  assert.ok(words.every((word) => ['Stopped', 'Starting...', 'Running', 'Stopping...'].includes(word)), words.join());
  assert.equal(words.at(-1), 'Running');
});
