import { durationOf } from '@/components/format.ts';
import { useServerNow } from '@/state/clock.ts';
import type { RequestRow } from '@/state/requests/row.ts';
import { millisOr } from './words.ts';

/** How long a request took, or how long it has been in flight. */
export function Elapsed({ row: { outcome, time, totalMs } }: { row: RequestRow }) {
  const flying = outcome === null;
  const now = useServerNow(flying);
  return flying ? durationOf((now - time) / 1_000) : millisOr(totalMs);
}
