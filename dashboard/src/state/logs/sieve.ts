// What of the entries is shown, and where the search matches.
import type { Stream } from '@/api/types.ts';
import type { Entry, Line, Rows } from './entry.ts';
import type { Pattern } from './match.ts';
import { Matcher } from './matcher.ts';
import { plain } from './plain.ts';
import { Ring } from './ring.ts';

export type Query = {
  readonly pattern: Pattern | null;
  /** Whether lines that do not match are left out, or only not marked. */
  readonly matchingOnly: boolean;
  /** Null: both. */
  readonly stream: Stream | null;
};

export const EVERYTHING: Query = { pattern: null, matchingOnly: true, stream: null };

export type Sieve = {
  readonly rows: Rows;
  /** False while the first entries are still looked at. */
  readonly ready: boolean;
  add(entries: readonly Entry[]): void;
  keep(wanted: (entry: Entry) => boolean): void;
  clear(): void;
  close(): void;
};

type Told = { onChange: () => void; onProblem: (why: string) => void };

export function sieveOf(query: Query, first: readonly Entry[], told: Told): Sieve {
  const { pattern } = query;
  if (pattern === null) return new PlainSieve(query.stream, first);
  return new SearchingSieve(query, first, new Matcher(pattern, told.onProblem), told.onChange);
}

/** Shows what was written to one stream, or all. */
class PlainSieve implements Sieve {
  readonly ready = true;
  readonly rows = new Ring();

  constructor(
    private readonly stream: Stream | null,
    first: readonly Entry[],
  ) {
    this.add(first);
  }

  add(entries: readonly Entry[]): void {
    this.rows.add(ofStream(this.stream, entries));
  }

  keep(wanted: (entry: Entry) => boolean): void {
    this.rows.keep(wanted);
  }

  clear(): void {
    this.rows.clear();
  }

  close(): void {}
}

/**
 * Shows what matches, or marks it. It keeps what it shows apart from all that comes, so that what was found stays when
 * a flood has carried off everything around it.
 */
export class SearchingSieve implements Sieve {
  ready = false;
  readonly rows = new Ring();

  constructor(
    private readonly query: Query,
    first: readonly Entry[],
    private readonly matcher: Pick<Matcher, 'ask' | 'close'>,
    private readonly onChange: () => void,
  ) {
    this.add(first);
    if (!first.some(isLine)) this.ready = true;
  }

  add(entries: readonly Entry[]): void {
    const candidates = ofStream(this.query.stream, entries);
    const lines = candidates.filter(isLine);
    this.rows.add(this.query.matchingOnly ? candidates.filter((entry) => !isLine(entry)) : candidates);
    const texts = lines.map((line) => plain(line.text));
    this.matcher.ask(texts, (reply, at, last) => {
      this.take(lines.slice(at, at + reply.length), reply);
      this.ready ||= last;
      this.onChange();
    });
  }

  keep(wanted: (entry: Entry) => boolean): void {
    this.rows.keep(wanted);
  }

  clear(): void {
    this.rows.clear();
  }

  close(): void {
    this.matcher.close();
  }

  private take(lines: readonly Line[], matches: readonly (number[] | null)[]): void {
    lines.forEach((line, at) => {
      line.matches = matches[at] ?? null;
    });
    if (this.query.matchingOnly) this.rows.add(lines.filter((line) => line.matches !== null));
  }
}

const isLine = (entry: Entry): entry is Line => entry.kind === 'line';

function ofStream(stream: Stream | null, entries: readonly Entry[]): readonly Entry[] {
  return stream === null ? entries : entries.filter((entry) => entry.kind !== 'line' || entry.stream === stream);
}
