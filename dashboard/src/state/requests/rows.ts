// The requests that are kept: each once, the newest first, and no more than so many. Pure.
import type { RequestRow } from './row.ts';

/** How many are kept; who wants older ones asks the API. */
export const MOST_ROWS = 3_000;

export type Rows = readonly RequestRow[];

/** Folds rows in. What has ended does not fly again, however late an older answer comes. */
export function merged(rows: Rows, news: Rows): Rows {
  const byId = new Map(rows.map((row) => [row.id, row]));
  for (const row of news) {
    const known = byId.get(row.id);
    if (known && known.outcome !== null && row.outcome === null) continue;
    byId.set(row.id, row);
  }
  return [...byId.values()].sort(newestFirst).slice(0, MOST_ROWS);
}

/**
 * What is still right of the rows when the newest ones have been read again: those that ended, as they do not change; of
 * those in flight, the ones that were read. Nothing, where the two have no request in common: then there is a gap
 * between them, or they are of another server.
 */
export function stillRight(rows: Rows, read: Rows): Rows {
  const times = new Map(read.map(({ id, time }) => [id, time]));
  const meets = rows.some(({ id, time }) => times.get(id) === time);
  return meets ? rows.filter(({ id, outcome }) => outcome !== null || times.has(id)) : [];
}

/** Without what the server has deleted: all up to this one that have ended. */
export const uncleared = (rows: Rows, cleared: number): Rows =>
  rows.filter(({ id, outcome }) => id > cleared || outcome === null);

const newestFirst = (a: RequestRow, b: RequestRow) => b.time - a.time || b.id - a.id;
