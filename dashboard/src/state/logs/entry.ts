// What a view of output is made of: lines, and marks between them.
import type { Stream } from '@/api/types.ts';

type Placed = {
  /** Its own for as long as the page is open. */
  readonly key: number;
  readonly process: string;
  /** Where it belongs among the entries of all processes, in ms; within one process it never goes back. */
  readonly order: number;
};

export type Line = Placed & {
  readonly kind: 'line';
  readonly seq: number;
  readonly time: number;
  readonly stream: Stream;
  readonly text: string;
  /** Where the search matches its plain text, as pairs of begin and end; null: it does not, or was not looked at. */
  matches: readonly number[] | null;
};

/** Lines that this page did not get. */
export type Gap = Placed & { readonly kind: 'gap'; readonly missed: number };

/** A generation began. */
export type Begin = Placed & { readonly kind: 'begin'; readonly generation: number };

/** It ended: the server's own words for how. */
export type End = Placed & { readonly kind: 'end'; readonly generation: number; readonly message: string };

export type Entry = Line | Gap | Begin | End;

/** Entries that can be counted and looked at by their place. */
export type Rows = { readonly length: number; at(index: number): Entry | undefined };

let last = 0;

export function nextKey(): number {
  last += 1;
  return last;
}

/** In the same millisecond a generation begins before its lines and ends after them. */
const RANK: Record<Entry['kind'], number> = { begin: 0, gap: 1, line: 1, end: 2 };

/** Below zero: `a` goes before `b`. What is equal stays as it came. */
export const compare = (a: Entry, b: Entry) => a.order - b.order || RANK[a.kind] - RANK[b.kind];
