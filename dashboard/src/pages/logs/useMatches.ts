import { useCallback, useEffect, useState } from 'react';
import type { Book, BookView } from '@/state/logs/book.ts';
import type { Entry, Rows } from '@/state/logs/entry.ts';

/** Goes through the lines that match. To go to one holds the view. */
export function useMatches(book: Book, { rows, held, matching }: BookView) {
  const [current, setCurrent] = useState<number | null>(null);
  useEffect(() => {
    if (!held) setCurrent(null);
  }, [held]);
  const go = useCallback(
    (key: number) => {
      book.hold();
      setCurrent(key);
    },
    [book],
  );
  const step = useCallback(
    (by: -1 | 1) => {
      book.hold();
      setCurrent((before) => nextMatch(book.snapshot().rows, before, by) ?? before);
    },
    [book],
  );
  return { current, place: matching === null || current === null ? null : placeOf(rows, current), step, go };
}

const matches = (entry: Entry | undefined) => entry?.kind === 'line' && entry.matches !== null;

/** The key of the next match, round the end; without one to begin from, the newest or the oldest. */
export function nextMatch(rows: Rows, key: number | null, by: -1 | 1): number | null {
  const { length } = rows;
  const from = key === null ? -1 : indexOf(rows, key);
  const start = from >= 0 ? from : by === -1 ? length : -1;
  for (let step = 1; step <= length; step += 1) {
    const entry = rows.at((start + by * step + 2 * length) % length);
    if (entry && matches(entry)) return entry.key;
  }
  return null;
}

/** Which of the matches it is, from 1; null if it is none. */
export function placeOf(rows: Rows, key: number): number | null {
  let place = 0;
  for (let at = 0; at < rows.length; at += 1) {
    const entry = rows.at(at);
    if (matches(entry)) place += 1;
    if (entry?.key === key) return matches(entry) ? place : null;
  }
  return null;
}

function indexOf(rows: Rows, key: number): number {
  for (let at = 0; at < rows.length; at += 1) if (rows.at(at)?.key === key) return at;
  return -1;
}
