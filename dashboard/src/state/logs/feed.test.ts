import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import type { LogLine } from '@/api/types.ts';
import { Feed, type FeedState } from './feed.ts';
import { sent } from './fixtures.ts';

type Listener = (...args: never[]) => void;

/** The server's side of the connection, and of the one call. */
const server = vi.hoisted(() => ({
  listeners: new Map<string, Listener>(),
  connected: false,
  connections: 0,
  joins: [] as { process: string; acknowledge: (answer: object) => void }[],
  tails: [] as ((lines: LogLine[]) => void)[],
}));

vi.mock('@/state/socket.ts', () => ({
  RETRY_MS: 250,
  leave: (socket: { disconnect: () => unknown }) => socket.disconnect(),
  newSocket: () => {
    const socket = {
      active: true,
      get connected() {
        return server.connected;
      },
      on: (name: string, listener: Listener) => server.listeners.set(name, listener),
      removeAllListeners: () => server.listeners.clear(),
      connect: () => {
        server.connected = true;
        server.connections += 1;
        queueMicrotask(() => hear('connect'));
        return socket;
      },
      disconnect: () => {
        server.connected = false;
        return socket;
      },
      emit: (name: string, { process }: { process: string }, acknowledge: (answer: object) => void) => {
        if (name === 'logs:subscribe') server.joins.push({ process, acknowledge });
      },
    };
    return socket;
  },
}));

vi.mock('@/api/client.ts', () => ({
  call: () => new Promise((done) => server.tails.push((lines) => done({ lines }))),
}));

function hear(name: string, ...args: unknown[]): void {
  (server.listeners.get(name) as ((...args: unknown[]) => void) | undefined)?.(...args);
}

beforeEach(() => {
  vi.useFakeTimers();
  Object.assign(server, { connected: false, connections: 0, joins: [], tails: [] });
  server.listeners.clear();
});
afterEach(() => void vi.useRealTimers());

async function following() {
  const heard: number[] = [];
  const joined: boolean[] = [];
  const states: FeedState[] = [];
  const feed = new Feed(3, {
    onLines: (_process, lines) => heard.push(...lines.map(({ seq }) => seq)),
    onJoined: (_process, whole) => joined.push(whole),
    onState: (state) => states.push(state),
  });
  await vi.advanceTimersByTimeAsync(0);
  feed.follow(['a']);
  return { feed, heard, joined, states };
}

const line = (seq: number) => hear('log:line', { process: 'a', ...sent(seq) });

it('gives the lines before and those that came meanwhile in their order', async () => {
  const { heard, joined } = await following();
  server.joins[0]?.acknowledge({ ok: true });
  line(3);
  line(4);
  expect(heard).toEqual([]);
  server.tails[0]?.([sent(1), sent(2)]);
  await vi.advanceTimersByTimeAsync(0);
  line(5);
  expect(heard).toEqual([1, 2, 3, 4, 5]);
  expect(joined).toEqual([true]);
});

it('joins again after a reconnection, and the answer to the first one counts no more', async () => {
  const { heard, joined } = await following();
  server.joins[0]?.acknowledge({ ok: true });
  hear('disconnect', 'transport close');
  hear('connect');
  server.joins[1]?.acknowledge({ ok: true });
  server.tails[0]?.([sent(1)]);
  server.tails[1]?.([sent(1), sent(2), sent(3)]);
  await vi.advanceTimersByTimeAsync(0);
  expect(heard).toEqual([1, 2, 3]);
  expect(joined).toEqual([false]);
});

it('says why the server refuses', async () => {
  const { states } = await following();
  server.joins[0]?.acknowledge({ ok: false, error: { message: 'No such process' } });
  expect(states.at(-1)?.refused).toEqual({ a: 'No such process' });
});

it('reads samples of a flood over a new connection, and follows again when it is calm', async () => {
  const { heard, states, feed } = await following();
  server.joins[0]?.acknowledge({ ok: true });
  server.tails[0]?.([]);
  await vi.advanceTimersByTimeAsync(0);
  for (let seq = 1; seq <= 5_000; seq += 1) line(seq);
  expect(server.connections).toBe(2);
  expect(heard.length).toBeLessThan(2_000);
  server.tails[1]?.([sent(6_000)]);
  await vi.advanceTimersByTimeAsync(200);
  server.tails[2]?.([sent(16_000)]);
  await vi.advanceTimersByTimeAsync(0);
  expect(heard.slice(-2)).toEqual([6_000, 16_000]);
  expect(states.at(-1)?.flooding.a).toBeGreaterThan(40_000);
  for (let sample = 3; server.joins.length < 2 && sample < 30; sample += 1) {
    await vi.advanceTimersByTimeAsync(200);
    server.tails[sample]?.([sent(16_000)]);
    await vi.advanceTimersByTimeAsync(0);
  }
  expect(server.joins.length).toBe(2);
  expect(states.at(-1)?.flooding).toEqual({});
  feed.close();
});
