import { useMemo, useState } from 'react';
import type { Rows } from '@/state/requests/rows.ts';

type Held = { rows: Rows; source: unknown; paused: boolean };

/**
 * A list that stands still while it is read: those that came meanwhile wait, and those that are shown go on being what
 * they are now. `paused` by a person, or held because one reads further down; not any more when the rows come from another
 * source.
 */
export function useHeld(rows: Rows, source: unknown) {
  const [held, setHeld] = useState<Held | null>(null);
  const frozen = held?.source === source ? held : null;
  const shown = useMemo(() => (frozen ? asTheyAre(frozen.rows, rows) : rows), [frozen, rows]);
  return {
    shown,
    paused: frozen?.paused ?? false,
    /** How many came since; null: it is not held. */
    newsOf: frozen ? (wanted: Rows) => countNews(frozen.rows, wanted) : null,
    hold: (paused = false) => setHeld({ rows, source, ...frozen, paused: paused || (frozen?.paused ?? false) }),
    release: () => setHeld(null),
  };
}

/** The frozen ones with what is known of them now, and the older ones that were read since. */
export function asTheyAre(frozen: Rows, rows: Rows): Rows {
  const now = new Map(rows.map((row) => [row.id, row]));
  const last = frozen.at(-1);
  const known = new Set(frozen.map(({ id }) => id));
  const older = last ? rows.filter(({ id, time }) => time <= last.time && !known.has(id)) : [];
  return [...frozen.map((row) => now.get(row.id) ?? row), ...older];
}

/** Of the wanted rows, those newer than the newest frozen one. */
export function countNews(frozen: Rows, wanted: Rows): number {
  const newest = frozen[0];
  if (!newest) return wanted.length;
  const known = new Set(frozen.map(({ id }) => id));
  return wanted.filter(({ id, time }) => time >= newest.time && !known.has(id)).length;
}
