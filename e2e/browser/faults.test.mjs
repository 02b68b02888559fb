// What went wrong is said in the server's own words: in the row, in the status bar, and what to look at beside it.
import assert from 'node:assert/strict';
import { child } from '../lib/harness.mjs';
import { occupy } from '../lib/ports.mjs';
import { eventually } from '../lib/time.mjs';
import { barShows, lifecycle, order, rowOf, rowShows, statusBar } from './lib/find.mjs';
import { poke } from './lib/gate.mjs';
import { seenBy, shown } from './lib/recorder.mjs';
import { seen } from './lib/visitor.mjs';

/** @type {Array<[string, Record<string, any>, string | RegExp]>} */
const FAULTS = [
  ['it exits during startup', { command: child('exit:3'), ready: { stdout: 'never' } }, 'Process exited with code 3 during startup'],
  ['a signal ends it during startup', { command: child('die:KILL'), ready: { stdout: 'never' } }, 'Process killed by signal 9 (SIGKILL) during startup'],
  ['its program is missing', { command: ['no-such-program-here'] }, 'Cannot start: no-such-program-here: not found'],
  ['it exits when it was ready', { command: child('say:up', 'wait:500', 'exit:7'), ready: { stdout: 'up' } }, 'Process exited with code 7'],
  ['a signal ends it when it was ready', { command: child('say:up', 'wait:500', 'die:TERM'), ready: { stdout: 'up' } }, 'Process killed by signal 15 (SIGTERM)'],
];

for (const [what, table, message] of FAULTS) {
  seen(`${what}: the whole message in the row and the status bar`, { processes: { a: { title: 'A', ...table } } }, async ({ server, events, visit }) => {
    const page = await visit();
    await rowShows(page, 'A', 'Stopped');
    await order(page, 'Start', 'A').click();
    const failed = await events.reach('a', 'error');
    assert.equal(failed.error, message);
    await rowShows(page, 'A', failed.message);
    await barShows(page, failed.message);
    const { badges, bar } = await seenBy(page);
    const words = events.of('a').map((event) => event.process.message);
    // What the server says between two frames may be painted together, `Starting...` was ordered and stands.
    assert.ok(shown(badges.A).every((word) => ['Stopped', ...words].includes(word)), `${shown(badges.A)}`);
    assert.ok(shown(bar).every((word) => ['Stopped', ...words].includes(word)), `${shown(bar)}`);
    assert.deepEqual([shown(badges.A)[1], shown(badges.A).at(-1)], ['Starting...', failed.message]);
    assert.equal((await server.state('a')).state, 'error');
  });
}

seen('the port is taken: by whom is said, and it can be read whole', { processes: { a: { title: 'A', command: child('listen'), port: 'free' } } }, async ({ events, visit, ports }) => {
  const stranger = await occupy(ports.a);
  const page = await visit();
  await order(page, 'Start', 'A').click();
  const { error } = await events.reach('a', 'error');
  assert.match(error, /^Port \d+ is already in use by \S+ \(pid \d+\)$/);
  await rowShows(page, 'A', error);
  await barShows(page, error);
  const clipped = await lifecycle(page).getByText(error).evaluate((element) => element.scrollWidth > element.clientWidth);
  assert.equal(clipped, false, 'the status bar shows the message whole');
  stranger.close();
});

seen('a startup timeout: stopping, then the error that names the time and the condition', {
  processes: { a: { title: 'A', command: child('trap:TERM:0:400'), port: 'free', ready: { timeout: '1.5s' } } },
}, async ({ events, visit }) => {
  const page = await visit();
  await order(page, 'Start', 'A').click();
  const failed = await events.reach('a', 'error');
  assert.match(failed.error, /^Startup timeout \(1\.5s\): /);
  await rowShows(page, 'A', failed.error);
  await barShows(page, failed.error);
  const words = ['Stopped', 'Starting...', 'Stopping...', failed.error];
  const { badges, bar } = await seenBy(page);
  assert.deepEqual(shown(badges.A), words);
  assert.deepEqual(shown(bar), words);
});

for (const width of [1280, 1024]) {
  seen(`a long error leaves the buttons where they are, ${width} px wide`, {
    processes: { a: { title: 'A', command: child('listen:0'), port: 'free', ready: { timeout: '1s' } } },
  }, async ({ events, visit }) => {
    const page = await visit({ context: { viewport: { width, height: 800 } } });
    const before = await order(page, 'Start', 'A').boundingBox();
    await order(page, 'Start', 'A').click();
    const failed = await events.reach('a', 'error');
    assert.match(failed.error, /nothing of its process tree listens/);
    await rowShows(page, 'A', failed.error);
    assert.deepEqual(await order(page, 'Start', 'A').boundingBox(), before);
  });
}

seen('an error is gone once it starts again', {
  processes: { a: { title: 'A', command: child('say:up', 'poke', 'exit:4'), ready: { stdout: 'up' } } },
}, async ({ server, visit }) => {
  const page = await visit();
  await order(page, 'Start', 'A').click();
  await rowShows(page, 'A', 'Running');
  await poke(server, 'a');
  await rowShows(page, 'A', 'Process exited with code 4');
  await order(page, 'Start', 'A').click();
  await rowShows(page, 'A', 'Running');
  await barShows(page, 'Running');
  await rowOf(page, 'A').getByText('Process exited').waitFor({ state: 'detached' });
});

seen('the last lines of output stand with the error', {
  processes: { a: { title: 'A', command: child('err:loading the model', 'err:out of memory', 'exit:1'), ready: { stdout: 'never' } } },
}, async ({ visit }) => {
  const page = await visit();
  await order(page, 'Start', 'A').click();
  await rowShows(page, 'A', 'Process exited with code 1 during startup');
  await rowOf(page, 'A').getByText('out of memory').first().waitFor();
  await rowOf(page, 'A').getByRole('button', { name: /^Show output/ }).click();
  await rowOf(page, 'A').getByText('loading the model').waitFor();
});

seen('a restart to come is counted down, and Stop cancels it', {
  processes: { a: { title: 'A', command: child('exit:1'), ready: { stdout: 'never' }, restart: { policy: 'on-failure', max: 5, backoff: '60s', backoff_max: '60s' } } },
}, async ({ server, visit }) => {
  const page = await visit();
  await order(page, 'Start', 'A').click();
  const countdown = rowOf(page, 'A').getByText(/Restarting in \d+ s \(1 of 5\)/);
  await countdown.waitFor();
  const seconds = async () => Number(/in (\d+) s/.exec(await countdown.innerText())?.[1]);
  const first = await seconds();
  const { restart } = await server.state('a');
  assert.ok(Math.abs(first - (restart.at - Date.now()) / 1000) < 10, `${first} s, while it comes at ${restart.at}`);
  await eventually(async () => await seconds() < first, 'the seconds grow fewer');
  await order(page, 'Stop', 'A').click();
  await rowShows(page, 'A', 'Stopped');
  await countdown.waitFor({ state: 'detached' });
});

seen('an automatic restart needs no click', {
  processes: { a: { title: 'A', command: child('say:up', 'poke', 'exit:1'), ready: { stdout: 'up' }, restart: { policy: 'on-failure', backoff: '700ms' } } },
}, async ({ server, events, visit }) => {
  const page = await visit();
  await order(page, 'Start', 'A').click();
  await rowShows(page, 'A', 'Running');
  await poke(server, 'a');
  await events.expect('a', 'starting', 'running', 'error', 'starting', 'running');
  await rowShows(page, 'A', 'Running');
  const words = shown((await seenBy(page)).badges.A);
  assert.deepEqual(words, ['Stopped', 'Starting...', 'Running', 'Process exited with code 1', 'Starting...', 'Running']);
});

seen('the status bar speaks of the primary, or of another one that failed while the primary is at rest', {
  processes: {
    providerRouter: { title: 'Router', command: child('poke', 'say:up'), ready: { stdout: 'up' } },
    a: { title: 'Alpha', command: child('say:up', 'poke', 'exit:2'), ready: { stdout: 'up' } },
  },
}, async ({ server, events, visit }) => {
  const page = await visit();
  await barShows(page, 'Stopped');
  await server.order('start', 'a');
  await events.expect('a', 'starting', 'running');
  await rowShows(page, 'Alpha', 'Running');
  await barShows(page, 'Stopped');
  await poke(server, 'a');
  await eventually(async () => {
    const text = await lifecycle(page).innerText();
    return text.includes('Alpha') && text.includes('Process exited with code 2');
  }, 'title and message of the one that failed');
  await server.order('start', 'providerRouter');
  await barShows(page, 'Starting...');
  await poke(server, 'providerRouter');
  await events.expect('providerRouter', 'starting', 'running');
  await eventually(async () => (await lifecycle(page).innerText()).includes('Process exited with code 2'), 'again, as the primary is running');
  await server.order('stop', 'a');
  await barShows(page, 'Running');
  await statusBar(page).waitFor();
});
