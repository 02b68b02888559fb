// The lines that one view shows. They live here, outside React, bounded; the view is told of changes at most a few times
// a second, however many lines come.
//
// A view that is held stands still: it has a copy of what was kept at that moment, while lines go on coming into the ring
// behind it. So nothing moves under the eyes of who reads, and nothing that is read is carried off by a flood.
import type { LogLine, Process } from '@/api/types.ts';
import type { Entry, Line, Rows } from './entry.ts';
import { Marks } from './marks.ts';
import { Reader } from './reader.ts';
import { MOST_ENTRIES, Ring } from './ring.ts';
import { EVERYTHING, type Query, type Sieve, sieveOf } from './sieve.ts';

export type BookView = {
  readonly rows: Rows;
  /** How many of the rows are lines. */
  readonly lines: number;
  readonly held: boolean;
  /** How many shown lines came since the view was held, as far as they are kept. */
  readonly news: number;
  /** Whether more came than are kept. */
  readonly newsOver: boolean;
  /** How many of the rows match; null without a search. */
  readonly matching: number | null;
  /** Why there is no search although one was asked for. */
  readonly problem: string | null;
};

/** How often the view is told, at most. */
const FLUSH_MS = 60;

/** And how often while so many come that each time all that is in view is new. */
const BUSY_FLUSH_MS = 200;
const BUSY_LINES = 50;

/** What waits is put in its place at once when it is this much: a page that is not looked at has slow timers. */
const MOST_INCOMING = 2_000;

/** How long old rows stay while others are searched for. */
const SWAP_MS = 300;

type Source = {
  readonly reader: Reader;
  readonly marks: Marks;
  /** Whether there are no lines before those that were read. */
  whole: boolean;
};

export class Book {
  private readonly ring = new Ring();
  private readonly sources = new Map<string, Source>();
  private incoming: Entry[] = [];
  private query: Query = EVERYTHING;
  private live: Sieve;
  /** While it is held: everything as it was, what of it is shown, and the last key it knows. */
  private frozen: { entries: readonly Entry[]; sieve: Sieve; lastKey: number } | null = null;
  private problem: string | null = null;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private flushed = 0;
  private busy = false;
  private view: BookView;
  private readonly listeners = new Set<() => void>();

  constructor() {
    this.live = this.sieve([]);
    this.view = this.look();
  }

  readonly subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };

  readonly snapshot = (): BookView => this.view;

  /** Whose lines are wanted; those of others go. */
  choose(processes: readonly string[]): void {
    const gone = [...this.sources.keys()].filter((id) => !processes.includes(id));
    for (const id of gone) this.sources.delete(id);
    for (const id of processes) {
      if (!this.sources.has(id)) this.sources.set(id, { reader: new Reader(id), marks: new Marks(), whole: false });
    }
    if (gone.length === 0) return;
    const wanted = ({ process }: Entry) => this.sources.has(process);
    this.incoming = this.incoming.filter(wanted);
    this.ring.keep(wanted);
    this.live.keep(wanted);
    this.frozen?.sieve.keep(wanted);
    this.schedule();
  }

  search(query: Query): void {
    this.query = query;
    this.problem = null;
    this.flush();
    forgetMatches(this.ring.toArray());
    forgetMatches(this.frozen?.entries ?? []);
    const [old, oldFrozen] = [this.live, this.frozen?.sieve];
    this.live = this.sieve(this.ring.toArray());
    if (this.frozen) this.frozen.sieve = this.sieve(this.frozen.entries);
    old.close();
    oldFrozen?.close();
    if (this.shown().ready) this.publish();
    else setTimeout(() => this.publish(), SWAP_MS);
  }

  receive(process: string, lines: readonly LogLine[]): void {
    const source = this.sources.get(process);
    if (!source) return;
    for (const entry of source.reader.read(lines)) this.incoming.push(entry);
    if (this.incoming.length > MOST_INCOMING) this.flush();
    else this.schedule();
  }

  /** A process as it is, or as it once was. */
  note(process: Process): void {
    this.sources.get(process.id)?.marks.note(process);
    this.schedule();
  }

  /** This process's lines come from now on. `whole`: there are none before those that were read. */
  joined(process: string, whole: boolean): void {
    const source = this.sources.get(process);
    if (!source) return;
    source.whole ||= whole;
    this.schedule();
  }

  serverRestarted(): void {
    for (const { reader } of this.sources.values()) reader.serverRestarted();
  }

  hold(): void {
    if (this.frozen) return;
    this.flush();
    const entries = this.ring.toArray();
    const lastKey = entries.reduce((most, { key }) => Math.max(most, key), 0);
    this.frozen = { entries, sieve: frozenOf(this.live), lastKey };
    this.publish();
  }

  /** Whether the lines around this one are still kept. */
  keeps(line: Line): boolean {
    return (this.frozen?.entries ?? this.ring.toArray()).includes(line);
  }

  release(): void {
    this.frozen?.sieve.close();
    this.frozen = null;
    this.flush();
    this.publish();
  }

  /** Empties the view; what comes from now on is shown. */
  clear(): void {
    this.flush();
    this.ring.clear();
    this.live.clear();
    this.release();
  }

  close(): void {
    clearTimeout(this.timer);
    this.live.close();
    this.frozen?.sieve.close();
    this.listeners.clear();
  }

  private sieve(entries: readonly Entry[]): Sieve {
    const { query } = this;
    return sieveOf(query, entries, {
      onChange: () => this.schedule(),
      onProblem: (why) => query === this.query && this.giveUp(why),
    });
  }

  /** Shows everything, as the search cannot be done. */
  private giveUp(why: string): void {
    this.search({ ...this.query, pattern: null });
    this.problem = why;
    this.publish();
  }

  private shown(): Sieve {
    return this.frozen?.sieve ?? this.live;
  }

  private schedule(): void {
    if (this.timer !== undefined) return;
    const wait = Math.max(0, this.flushed + (this.busy ? BUSY_FLUSH_MS : FLUSH_MS) - performance.now());
    this.timer = setTimeout(() => this.flush(), wait);
  }

  private flush(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
    this.flushed = performance.now();
    const batch = [...this.incoming, ...this.takeMarks()];
    this.incoming = [];
    this.busy = batch.length > BUSY_LINES;
    this.ring.add(batch);
    this.live.add(batch);
    if (this.shown().ready) this.publish();
  }

  private takeMarks(): Entry[] {
    return [...this.sources.values()].flatMap(({ reader, marks, whole }) => marks.take(reader.first, whole));
  }

  private publish(): void {
    this.view = this.look();
    for (const listener of this.listeners) listener();
  }

  private look(): BookView {
    const { frozen, problem } = this;
    const rows = this.shown().rows;
    const matching = this.query.pattern === null ? null : countLines(rows, (line) => line.matches !== null);
    const isNew = ({ key }: Entry) => frozen !== null && key > frozen.lastKey;
    const news = frozen ? countLines(this.live.rows, isNew) : 0;
    const oldest = this.live.rows.at(0);
    const newsOver = this.live.rows.length >= MOST_ENTRIES && oldest !== undefined && isNew(oldest);
    return { rows, lines: countLines(rows, () => true), held: frozen !== null, news, newsOver, matching, problem };
  }
}

function countLines(rows: Rows, wanted: (line: Line) => boolean): number {
  let count = 0;
  for (let at = 0; at < rows.length; at += 1) {
    const entry = rows.at(at);
    if (entry?.kind === 'line' && wanted(entry)) count += 1;
  }
  return count;
}

function forgetMatches(entries: readonly Entry[]): void {
  for (const entry of entries) if (entry.kind === 'line') entry.matches = null;
}

/** What a sieve shows now, for good. */
function frozenOf({ rows }: Sieve): Sieve {
  const kept = new Ring();
  kept.add(Array.from({ length: rows.length }, (_row, at) => rows.at(at)).filter((entry) => entry !== undefined));
  return {
    rows: kept,
    ready: true,
    add: () => {},
    keep: (wanted) => kept.keep(wanted),
    clear: () => {},
    close: () => {},
  };
}
