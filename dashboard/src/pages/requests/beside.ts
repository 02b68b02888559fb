import type { Rows } from '@/state/requests/rows.ts';

/** The id of the next newer, -1, or older one, 1. Without one to begin from, or with one that is not there, the first. */
export function beside(rows: Rows, id: number | null, by: -1 | 1): number | null {
  const at = id === null ? -1 : rows.findIndex((row) => row.id === id);
  const next = at < 0 ? rows[0] : rows[at + by];
  return next?.id ?? null;
}
