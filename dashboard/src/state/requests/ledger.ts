// The requests that one view shows: the newest ones, those that come, and older ones on demand. They live here, outside
// React, bounded.
import { request } from '@/api/client.ts';
import { asFailure } from '@/api/failure.ts';
import { subscribe } from '@/state/socket.ts';
import { live } from '@/state/store.ts';
import { ANY, matcherOf, type Query } from './filter.ts';
import { readPage, readUpdate, type Update } from './read.ts';
import type { RequestRow } from './row.ts';
import { MOST_ROWS, merged, type Rows, stillRight, uncleared } from './rows.ts';
import { Series } from './series.ts';

/** How many are asked for at once. */
const PAGE = 200;

/** How many pages are read again after the connection was lost, so that what was in flight then is not so for ever. */
const MOST_PAGES = 5;

export type LedgerView = {
  readonly rows: Rows;
  /** Whether they have been read at all. */
  readonly loaded: boolean;
  /** Why they could not be read, or do not come. */
  readonly failure: string | null;
  /** Of those before the last row. `full`: there may be more, but no more are kept here. */
  readonly older: 'more' | 'loading' | 'none' | 'full';
  /** How many came and ended too fast to be told of. They are in the list when it is read again. */
  readonly skipped: number;
};

const EMPTY: LedgerView = { rows: [], loaded: false, failure: null, older: 'none', skipped: 0 };

/** What came while the list was read, which may be newer than the answer. */
type Meanwhile = { readonly ids: Set<number>; cleared: number | null; skipped: number };

export class Ledger {
  series = new Series();
  private view = EMPTY;
  private work = new AbortController();
  private meanwhile: Meanwhile | null = null;
  private leave = () => {};
  private readonly listeners = new Set<() => void>();
  private readonly wanted: (row: RequestRow) => boolean;

  /** Of those alone that the query lets through. */
  constructor(private readonly query: Query = {}) {
    this.wanted = matcherOf({ ...ANY, ...query }, () => '');
  }

  readonly subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };

  readonly snapshot = (): LedgerView => this.view;

  open(): void {
    this.leave = subscribe({
      topic: 'requests',
      // First what comes, then what was: so that none falls in between.
      onJoined: () => void this.read(),
      onRefused: (failure) => this.show({ failure }),
      onEvent: (update) => this.hear(readUpdate(update)),
    });
  }

  close(): void {
    this.leave();
    this.work.abort();
  }

  /** Reads the newest ones again. */
  async read(): Promise<void> {
    this.work.abort();
    this.work = new AbortController();
    const { signal } = this.work;
    const meanwhile: Meanwhile = { ids: new Set(), cleared: null, skipped: 0 };
    this.meanwhile = meanwhile;
    try {
      const { rows, whole } = await this.readNewest(signal);
      if (!signal.aborted) this.replace(rows, whole, meanwhile);
    } catch (thrown) {
      if (!signal.aborted) this.show({ failure: asFailure(thrown).message });
    }
    if (!signal.aborted) this.meanwhile = null;
  }

  /** What was read takes the place of what was known, but for what came meanwhile. */
  private replace(rows: Rows, whole: boolean, { ids, cleared, skipped }: Meanwhile): void {
    const recent = this.view.rows.filter(({ id }) => ids.has(id));
    const before = this.view.rows.filter(({ id }) => !ids.has(id));
    const kept = stillRight(before, rows);
    const wasWhole = kept.length > 0 && this.view.loaded && this.view.older === 'none';
    if (kept.length === 0) {
      this.series = new Series();
      this.view = { ...this.view, rows: [] };
      this.take(recent);
    } else {
      this.view = { ...this.view, rows: merged(kept, recent) };
    }
    this.take(cleared === null ? rows : uncleared(rows, cleared));
    this.show({ loaded: true, failure: null, older: whole || wasWhole ? 'none' : 'more', skipped });
  }

  async readOlder(): Promise<void> {
    const last = this.view.rows.at(-1);
    if (!last || this.view.older !== 'more') return;
    this.show({ older: 'loading' });
    const { signal } = this.work;
    try {
      const { rows, next } = await this.page(signal, last.id);
      this.take(rows);
      this.show({ failure: null, older: next === null ? 'none' : 'more' });
    } catch (thrown) {
      if (!signal.aborted) this.show({ failure: asFailure(thrown).message, older: 'more' });
    }
  }

  /** One that may not be among those that were read; null where there is none. */
  async find(id: number, signal: AbortSignal): Promise<RequestRow | null> {
    const known = this.view.rows.find((row) => row.id === id);
    if (known) return known;
    const { rows } = readPage(await request('get', '/api/requests', { query: { limit: 1, before: id + 1 }, signal }));
    return rows[0]?.id === id ? rows[0] : null;
  }

  /** From when on every request has been counted. */
  get knownSince(): number {
    const { loaded, older, rows } = this.view;
    if (!loaded) return Number.POSITIVE_INFINITY;
    return older === 'none' ? 0 : (rows.at(-1)?.time ?? 0);
  }

  /** At first one page; later as many as it takes to learn what became of those in flight. */
  private async readNewest(signal: AbortSignal): Promise<{ rows: Rows; whole: boolean }> {
    const flying = this.view.rows.filter(({ outcome }) => outcome === null).map(({ id }) => id);
    const oldest = Math.min(...flying);
    let rows: Rows = [];
    for (let pages = 0; pages < MOST_PAGES; pages += 1) {
      const page = await this.page(signal, rows.at(-1)?.id);
      rows = [...rows, ...page.rows];
      if (page.next === null) return { rows, whole: true };
      if ((rows.at(-1)?.id ?? 0) <= oldest) break;
    }
    return { rows, whole: false };
  }

  private async page(signal: AbortSignal, before?: number) {
    const query = { ...this.query, limit: PAGE, before };
    return readPage(await request('get', '/api/requests', { query, signal }));
  }

  private hear({ rows, skipped, cleared }: Update): void {
    const { meanwhile } = this;
    for (const { id } of rows) meanwhile?.ids.add(id);
    if (cleared !== null) {
      if (meanwhile) meanwhile.cleared = cleared;
      this.show({ rows: uncleared(this.view.rows, cleared) });
    }
    const known = new Set(this.view.rows.map(({ id }) => id));
    this.take(rows.filter((row) => known.has(row.id) || this.wanted(row)));
    // Of which kind they are is not told.
    if (skipped === 0 || Object.keys(this.query).length > 0) return;
    if (meanwhile) meanwhile.skipped += skipped;
    this.series.skip(Date.now() + live.getState().clockAhead, skipped);
    this.show({ skipped: this.view.skipped + skipped });
  }

  private take(news: Rows): void {
    if (news.length === 0) return;
    const { rows } = this.view;
    const known = new Map(rows.map((row) => [row.id, row]));
    // One that is not kept any more was counted when it began.
    const forgotten = rows.length >= MOST_ROWS ? (rows.at(-1)?.time ?? 0) : 0;
    for (const row of news) {
      const before = known.get(row.id);
      this.series.note(row, { begun: before !== undefined || row.time < forgotten, ended: before?.outcome != null });
    }
    this.show({ rows: merged(rows, news) });
  }

  private show(change: Partial<LedgerView>): void {
    const next = { ...this.view, ...change };
    const full = next.older !== 'loading' && next.rows.length >= MOST_ROWS;
    this.view = full ? { ...next, older: 'full' } : next;
    for (const listener of this.listeners) listener();
  }
}
