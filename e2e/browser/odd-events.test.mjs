// What a newer, older or broken server might say must not bring the page down, nor make it show what is not so.
import assert from 'node:assert/strict';
import { child } from '../lib/harness.mjs';
import { isLive, order, rowShows } from './lib/find.mjs';
import { seenBy, shown } from './lib/recorder.mjs';
import { seen } from './lib/visitor.mjs';

const processes = { a: { title: 'Alpha', command: child('say:up'), ready: { stdout: 'up' } } };

/**
 * Stands between the page and the real server, and can say something of its own.
 * @param {import('playwright-core').Page} page
 * @returns {Promise<{say: (event: string, data: unknown) => void, raw: (frame: string) => void, cut: () => Promise<void>}>}
 */
async function between(page) {
  /** @type {import('playwright-core').WebSocketRoute | undefined} */
  let line;
  await page.routeWebSocket(/\/socket\.io\//, (socket) => { socket.connectToServer(); line = socket; });
  const raw = (/** @type {string} */ frame) => { assert.ok(line, 'connected by WebSocket'); line.send(frame); };
  return { raw, say: (event, data) => raw(`42${JSON.stringify([event, data])}`), cut: async () => line?.close({ code: 1011 }) };
}

/** @param {any} status the status object @param {Record<string, unknown>} change @param {number} ahead */
const update = ({ a, seq, epoch }, change, ahead) => ({ a: { ...a, ...change }, timestamp: Date.now(), seq: seq + ahead, epoch });

seen('an event of a process that the page does not know', { processes }, async ({ server, visit }) => {
  /** @type {Awaited<ReturnType<typeof between>> | undefined} */
  let line;
  const page = await visit({ before: async (fresh) => { line = await between(fresh); } });
  const status = await server.get('/api/proxy/status');
  const { a } = update(status, { id: 'ghost', title: 'Ghost', state: 'running', running: true, message: 'Running' }, 1);
  line?.say('lifecycle:update', { ghost: a, timestamp: Date.now(), seq: status.seq + 1, epoch: status.epoch });
  await rowShows(page, 'Alpha', 'Stopped');
  await order(page, 'Start', 'Alpha').click();
  await rowShows(page, 'Alpha', 'Running');
});

seen('an event with a state that the page does not know: the words as sent', { processes }, async ({ server, visit }) => {
  /** @type {Awaited<ReturnType<typeof between>> | undefined} */
  let line;
  const page = await visit({ before: async (fresh) => { line = await between(fresh); } });
  await rowShows(page, 'Alpha', 'Stopped');
  line?.say('lifecycle:update', update(await server.get('/api/proxy/status'), { state: 'hibernating', message: 'Hibernating...' }, 1));
  await rowShows(page, 'Alpha', 'Hibernating...');
  await page.reload();
  await rowShows(page, 'Alpha', 'Stopped');
  await order(page, 'Start', 'Alpha').click();
  await rowShows(page, 'Alpha', 'Running');
});

seen('what is older than the page has is ignored', { processes }, async ({ server, events, visit }) => {
  /** @type {Awaited<ReturnType<typeof between>> | undefined} */
  let line;
  const page = await visit({ before: async (fresh) => { line = await between(fresh); } });
  await order(page, 'Start', 'Alpha').click();
  await events.expect('a', 'starting', 'running');
  await rowShows(page, 'Alpha', 'Running');
  const status = await server.get('/api/proxy/status');
  const old = events.of('a')[0].data;
  line?.say('lifecycle:update', old);
  line?.say('lifecycle:update', update(status, { state: 'stopped', running: false, message: 'Stopped' }, 0));
  line?.say('proxy:status', { status: { ...status, seq: status.seq - 1, a: old.a }, timestamp: new Date().toISOString() });
  // An event that is new comes after them on the same line.
  await server.order('stop', 'a');
  await rowShows(page, 'Alpha', 'Stopped');
  assert.deepEqual(shown((await seenBy(page)).badges.Alpha), ['Stopped', 'Starting...', 'Running', 'Stopping...', 'Stopped']);
});

seen('an event is lost on the way: at the next one the page asks for what it missed', {
  processes: { ...processes, b: { title: 'Beta', command: child('say:up'), ready: { stdout: 'up' } } },
}, async ({ server, events, visit }) => {
  let lost = 0;
  const page = await visit({
    before: (fresh) => fresh.routeWebSocket(/\/socket\.io\//, (socket) => {
      const upstream = socket.connectToServer();
      upstream.onMessage((frame) => {
        const swallow = String(frame).startsWith('42["lifecycle:update",{"a":') || (lost > 0 && String(frame).startsWith('42["proxy:status"'));
        if (swallow) lost += 1;
        else socket.send(frame);
      });
    }),
  });
  await rowShows(page, 'Alpha', 'Stopped');
  await server.order('start', 'a');
  await events.expect('a', 'starting', 'running');
  await server.order('start', 'b');
  await rowShows(page, 'Beta', 'Running');
  await rowShows(page, 'Alpha', 'Running');
  assert.ok(lost >= 2, `events of Alpha were kept from the page: ${lost}`);
});

/** @type {unknown[]} */
const NONSENSE = [null, 7, 'text', [], {}, { a: null, seq: 1e9, epoch: 'x' }, { a: { state: 5 }, seq: 'seven' }, { timestamp: 'never' }];

seen('events that are nonsense', { processes }, async ({ visit }) => {
  /** @type {Awaited<ReturnType<typeof between>> | undefined} */
  let line;
  const page = await visit({ before: async (fresh) => { line = await between(fresh); }, forgives: /./ });
  await rowShows(page, 'Alpha', 'Stopped');
  /** @type {string[]} */
  const thrown = [];
  page.on('pageerror', (error) => thrown.push(error.message));
  for (const name of ['lifecycle:update', 'proxy:status', 'credentials:updated', 'providers:updated', 'models:updated', 'from:the:future']) {
    for (const nonsense of NONSENSE) line?.say(name, nonsense);
  }
  // A good one comes after them on the same line.
  await order(page, 'Start', 'Alpha').click();
  await rowShows(page, 'Alpha', 'Running');
  await page.getByRole('region', { name: 'Notifications' }).getByText(/cannot read/).first().waitFor();
  await order(page, 'Stop', 'Alpha').click();
  await page.reload();
  await rowShows(page, 'Alpha', 'Stopped');
  await order(page, 'Start', 'Alpha').click();
  await rowShows(page, 'Alpha', 'Running');
  assert.deepEqual(thrown, []);
});

seen('the line is cut while the server lives: back within a moment, with what happened meanwhile', { processes }, async ({ server, events, visit }) => {
  /** @type {Awaited<ReturnType<typeof between>> | undefined} */
  let line;
  const page = await visit({ before: async (fresh) => { line = await between(fresh); } });
  await rowShows(page, 'Alpha', 'Stopped');
  await line?.cut();
  await server.order('start', 'a');
  await events.expect('a', 'starting', 'running');
  await rowShows(page, 'Alpha', 'Running');
  await isLive(page);
});
