// Engine.IO 4: who says nothing is not kept. The times are the server's own, so that this waits for them, all at once.
import assert from 'node:assert/strict';
import { Frames, Polling } from '../lib/engineio.mjs';
import { scenario, SLEEP } from '../lib/harness.mjs';
import { eventually } from '../lib/time.mjs';

/** More than any of the times, on a machine that is busy. */
const ENOUGH_MS = 60_000;

scenario('without an answer to a heartbeat, or without CONNECT, a session ends; with one it stays', { processes: { a: { command: SLEEP } } }, async ({ server, t }) => {
  const mute = new Frames(server.url);
  mute.answers = false;
  const [waiting, alive] = [await Frames.open(server.url), await Frames.joined(server.url)];
  t.after(() => { for (const frames of [mute, waiting, alive]) frames.close(); });
  assert.match(await mute.next(), /^0\{/);
  mute.send('40');
  const polling = await Polling.open(server.url);
  await Promise.all([mute.isEnded(ENOUGH_MS), waiting.isEnded(ENOUGH_MS)]);
  await eventually(async () => (await polling.get()).status === 400, 'the end of the session that polls', ENOUGH_MS);
  await alive.works();
});
