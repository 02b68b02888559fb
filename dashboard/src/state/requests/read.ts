// Reads what the server sent of requests. What has not the shape that this page lives by is left out, or refused.
import { Failure } from '@/api/failure.ts';
import { type RequestRow, readRow } from './row.ts';

export type Page = {
  readonly rows: readonly RequestRow[];
  /** Where the next page begins; null: this is the last one. */
  readonly next: number | null;
};

export type Update = {
  readonly rows: readonly RequestRow[];
  /** How many more came and ended. */
  readonly skipped: number;
  /** All up to this one that have ended were deleted; null: none were. */
  readonly cleared: number | null;
};

/** Throws a `Failure`. */
export function readPage(raw: unknown): Page {
  const { requests, next } = isRecord(raw) ? raw : {};
  if (Array.isArray(requests)) return { rows: rowsIn(requests), next: numberOr(next, null) };
  throw new Failure('unreadable', 'The answer is not what this page expects. Is the server newer?');
}

export function readUpdate(raw: unknown): Update {
  const { items, skipped, cleared } = isRecord(raw) ? raw : {};
  return {
    rows: Array.isArray(items) ? rowsIn(items) : [],
    skipped: numberOr(skipped, 0),
    cleared: numberOr(cleared, null),
  };
}

const rowsIn = (list: readonly unknown[]) => list.flatMap((one) => readRow(one) ?? []);

const numberOr = <T>(value: unknown, otherwise: T) => (typeof value === 'number' ? value : otherwise);

const isRecord = (raw: unknown): raw is Record<string, unknown> => typeof raw === 'object' && raw !== null;
