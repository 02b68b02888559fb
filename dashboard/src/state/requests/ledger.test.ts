import { beforeEach, expect, it, vi } from 'vitest';
import { Failure } from '@/api/failure.ts';
import type { Query } from './filter.ts';
import { flying, idsOf, requestRow, wire } from './fixtures.ts';
import { Ledger } from './ledger.ts';
import type { RequestRow } from './row.ts';

/** The server: what it has, the newest first, and what it was asked for. */
const server = vi.hoisted(() => ({
  rows: [] as RequestRow[],
  asked: [] as { limit: number; before?: number }[],
  failure: null as Error | null,
  /** What an answer waits for on its way. */
  way: null as Promise<void> | null,
  join: () => {},
  send: (_update: object) => {},
  left: false,
}));

vi.mock('@/api/client.ts', () => ({
  request: async (_method: string, _path: string, { query }: { query: { limit: number; before?: number } }) => {
    server.asked.push(query);
    if (server.failure) throw server.failure;
    const older = server.rows.filter(({ id }) => query.before === undefined || id < query.before);
    const page = older.slice(0, query.limit);
    const answer = { requests: wire(page), next: page.length < older.length ? page.at(-1)?.id : null };
    await server.way;
    return answer;
  },
}));

type Told = { onJoined: () => void; onEvent: (data: object) => void };

vi.mock('@/state/socket.ts', () => ({
  subscribe: ({ onJoined, onEvent }: Told) => {
    server.join = onJoined;
    server.send = onEvent;
    return () => {
      server.left = true;
    };
  },
}));

const some = (from: number, to: number) => Array.from({ length: from - to + 1 }, (_row, at) => requestRow(from - at));

beforeEach(() => Object.assign(server, { rows: [], asked: [], failure: null, way: null, left: false }));

async function opened(query: Query = {}): Promise<Ledger> {
  const ledger = new Ledger(query);
  ledger.open();
  server.join();
  await vi.waitFor(() => expect(ledger.snapshot().loaded).toBe(true));
  return ledger;
}

it('reads what there is, and takes what comes', async () => {
  server.rows = some(2, 1);
  const ledger = await opened();
  expect(ledger.snapshot()).toMatchObject({ older: 'none', failure: null });
  server.send({ items: wire([flying(3)]) });
  server.send({ items: wire([requestRow(3), flying(4)]) });
  expect(idsOf(ledger.snapshot().rows)).toEqual([4, 3, 2, 1]);
  expect(ledger.snapshot().rows[1]?.outcome).toBe('complete');
  ledger.close();
  expect(server.left).toBe(true);
});

it('reads older ones until there are none', async () => {
  server.rows = some(300, 1);
  const ledger = await opened();
  expect(ledger.snapshot()).toMatchObject({ older: 'more' });
  expect(ledger.knownSince).toBe(101_000);
  await ledger.readOlder();
  expect(ledger.snapshot().rows.length).toBe(300);
  expect(ledger.snapshot().older).toBe('none');
  expect(ledger.knownSince).toBe(0);
});

it('says why it cannot, and tries again', async () => {
  server.failure = new Failure('server', 'The server failed (500).');
  const ledger = new Ledger();
  ledger.open();
  server.join();
  await vi.waitFor(() => expect(ledger.snapshot().failure).toBe('The server failed (500).'));
  server.failure = null;
  await ledger.read();
  expect(ledger.snapshot()).toMatchObject({ failure: null, loaded: true });
});

it('learns after a lost connection what became of those in flight, however far back', async () => {
  server.rows = [flying(5)];
  const ledger = await opened();
  server.rows = [...some(300, 6), requestRow(5, { outcome: 'crashed' })];
  server.join();
  await vi.waitFor(() => expect(ledger.snapshot().rows.at(-1)?.outcome).toBe('crashed'));
  expect(ledger.snapshot().rows.length).toBe(296);
});

it('begins anew with a server that knows other requests', async () => {
  server.rows = some(40, 30);
  const ledger = await opened();
  server.rows = [requestRow(1, { time: 99_000 })];
  server.join();
  await vi.waitFor(() => expect(idsOf(ledger.snapshot().rows)).toEqual([1]));
});

it('finds one that was not read', async () => {
  server.rows = some(400, 1);
  const ledger = await opened();
  const { signal } = new AbortController();
  expect((await ledger.find(7, signal))?.id).toBe(7);
  expect(server.asked.at(-1)).toEqual({ limit: 1, before: 8 });
  expect(await ledger.find(1_000, signal)).toBeNull();
});

it('takes of what comes only what it was asked for', async () => {
  const ledger = await opened({ outcome: 'in_flight', provider: 'ollama' });
  expect(server.asked[0]).toMatchObject({ outcome: 'in_flight', provider: 'ollama', limit: 200 });
  server.send({ items: wire([flying(1), flying(2, { provider: 'ollama' })]) });
  server.send({ items: wire([requestRow(2, { provider: 'ollama' }), requestRow(3, { provider: 'ollama' })]) });
  expect(ledger.snapshot().rows).toEqual([requestRow(2, { provider: 'ollama' })]);
});

it('counts those that were too many to be told of, and forgets those that were deleted', async () => {
  server.rows = some(3, 1);
  const ledger = await opened();
  server.send({ items: wire([flying(4)]), skipped: 20, cleared: 2 });
  expect(idsOf(ledger.snapshot().rows)).toEqual([4, 3]);
  expect(ledger.snapshot().skipped).toBe(20);
  expect(ledger.series.slices(Date.now(), 0).at(-1)?.begun).toBe(20);
  await ledger.read();
  expect(ledger.snapshot().skipped).toBe(0);
});

/** A ledger whose list is on its way until it arrives, or fails. */
function reading(): { ledger: Ledger; arrive: () => Promise<void>; fail: () => Promise<void> } {
  const way = { resolve: () => {}, reject: (_failure: Failure) => {} };
  server.way = new Promise((resolve, reject) => Object.assign(way, { resolve, reject }));
  const ledger = new Ledger();
  ledger.open();
  server.join();
  const isOver = () => vi.waitFor(() => expect(ledger.snapshot()).not.toMatchObject({ loaded: false, failure: null }));
  return {
    ledger,
    arrive: () => {
      way.resolve();
      return isOver();
    },
    fail: () => {
      way.reject(new Failure('server', 'The server failed (500).'));
      return isOver();
    },
  };
}

it('keeps what came while the list was on its way', async () => {
  server.rows = [flying(2), ...some(1, 1)];
  const { ledger, arrive } = reading();
  server.send({ items: wire([requestRow(2), requestRow(3), flying(4)]) });
  await arrive();
  expect(ledger.snapshot().rows).toEqual([flying(4), requestRow(3), requestRow(2), requestRow(1)]);
  expect(ledger.series.slices(4_000, 0).at(-1)).toMatchObject({ begun: 4 });
});

it('does not bring back what was deleted while the list was on its way', async () => {
  server.rows = [flying(3), ...some(2, 1)];
  const { ledger, arrive } = reading();
  server.send({ items: [], skipped: 7, cleared: 3 });
  await arrive();
  expect(ledger.snapshot()).toMatchObject({ rows: [flying(3)], skipped: 7 });
});

it('shows at once what comes, also where the list cannot be read', async () => {
  const { ledger, fail } = reading();
  server.send({ items: wire([flying(1)]) });
  expect(idsOf(ledger.snapshot().rows)).toEqual([1]);
  await fail();
  expect(ledger.snapshot()).toMatchObject({ rows: [flying(1)], failure: 'The server failed (500).' });
});
