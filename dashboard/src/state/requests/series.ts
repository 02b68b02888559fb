// How many requests came lately and how long they took, in equal slices of time. Counted as rows come, so that it is
// right also where more came than are kept. Pure but for its own counts.
import { kindOf, type RequestRow } from './row.ts';

export const SLICE_MS = 15_000;
export const SLICES = 60;

/** How many latencies of a slice its median is taken from. */
const MOST_LATENCIES = 100;

export type Slice = {
  /** Where it begins, in ms. */
  readonly from: number;
  /** Whether all requests of that time have been counted. */
  readonly known: boolean;
  readonly begun: number;
  readonly failed: number;
  /** Medians of what ended well; null where nothing did. */
  readonly totalMs: number | null;
  readonly firstTokenMs: number | null;
};

type Count = { begun: number; failed: number; complete: number; totals: number[]; firsts: number[] };

export class Series {
  private readonly counts = new Map<number, Count>();

  /** What was counted of it before: that it began, that it ended. */
  note(row: RequestRow, { begun, ended }: { begun: boolean; ended: boolean }): void {
    const count = this.countAt(row.time);
    if (!begun) count.begun += 1;
    if (ended || row.outcome === null) return;
    const kind = kindOf(row);
    if (kind === 'failed') count.failed += 1;
    if (kind !== 'complete') return;
    const at = count.complete % MOST_LATENCIES;
    count.complete += 1;
    if (row.totalMs !== null) count.totals[at] = row.totalMs;
    if (row.firstTokenMs !== null) count.firsts[at] = row.firstTokenMs;
  }

  /** So many came and ended of which nothing else is known. */
  skip(time: number, count: number): void {
    this.countAt(time).begun += count;
  }

  /** The last ones, the current one at the end. `knownSince`: from when on every request was counted. */
  slices(now: number, knownSince: number): Slice[] {
    const last = Math.floor(now / SLICE_MS);
    for (const key of this.counts.keys()) if (key <= last - SLICES) this.counts.delete(key);
    return Array.from({ length: SLICES }, (_slice, at) => {
      const key = last - SLICES + 1 + at;
      const { begun, failed, totals, firsts } = this.counts.get(key) ?? NOTHING;
      const from = key * SLICE_MS;
      const known = from + SLICE_MS > knownSince;
      return { from, known, begun, failed, totalMs: medianOf(totals), firstTokenMs: medianOf(firsts) };
    });
  }

  private countAt(time: number): Count {
    const key = Math.floor(time / SLICE_MS);
    const known = this.counts.get(key);
    if (known) return known;
    const count: Count = { begun: 0, failed: 0, complete: 0, totals: [], firsts: [] };
    this.counts.set(key, count);
    return count;
  }
}

const NOTHING: Count = { begun: 0, failed: 0, complete: 0, totals: [], firsts: [] };

/** Of a list that may have holes; null where it is empty. */
export function medianOf(values: readonly number[]): number | null {
  const sorted = values.filter((value) => value !== undefined).sort((a, b) => a - b);
  return sorted[Math.floor((sorted.length - 1) / 2)] ?? null;
}
