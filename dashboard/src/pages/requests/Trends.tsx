import { type ReactNode, useMemo } from 'react';
import { Card } from '@/components/Card.tsx';
import { millisOf } from '@/components/format.ts';
import { useServerNow } from '@/state/clock.ts';
import type { Ledger, LedgerView } from '@/state/requests/ledger.ts';
import { medianOf, SLICE_MS, SLICES, type Slice } from '@/state/requests/series.ts';
import { type Bar, Sparkline } from './Sparkline.tsx';

/** How many came lately and how long they took. */
export function Trends({ ledger, view }: { ledger: Ledger; view: LedgerView }) {
  const slices = useSlices(ledger, view);
  const rate = view.loaded ? rateWordsOf(slices) : NOT_READ;
  const latency = view.loaded ? latencyWordsOf(slices) : NOT_READ;
  return (
    <div className="grid grid-cols-2 gap-3 pb-4">
      <Trend title="Requests" words={rate}>
        <Sparkline label={`Requests in the last ${MINUTES} minutes: ${rate.join(', ')}`} bars={slices.map(rateBarOf)} />
      </Trend>
      <Trend title="Latency" words={latency}>
        <Sparkline
          label={`Latency in the last ${MINUTES} minutes: ${latency.join(', ')}`}
          bars={slices.map(latencyBarOf)}
        />
      </Trend>
    </div>
  );
}

/** Of requests that have not been read nothing is said. */
const NOT_READ = ['–'];

const MINUTES = (SLICE_MS * SLICES) / 60_000;

/** Anew when requests have come, and when a slice is over. */
function useSlices(ledger: Ledger, view: LedgerView): Slice[] {
  const slice = Math.floor(useServerNow(true) / SLICE_MS);
  // biome-ignore lint/correctness/useExhaustiveDependencies: the ledger's counts change with its view
  return useMemo(() => ledger.series.slices(slice * SLICE_MS, ledger.knownSince), [ledger, view, slice]);
}

function Trend({ title, words, children }: { title: string; words: readonly string[]; children: ReactNode }) {
  return (
    <Card className="flex gap-x-4 gap-y-1 px-4 py-3 max-sm:flex-col max-sm:px-3 sm:items-end">
      <div className="sm:w-34 sm:shrink-0">
        <h2 className="text-xs font-medium text-muted">{title}</h2>
        <div className="min-h-10 text-soft">
          {words.map((line) => (
            <p key={line}>{line}</p>
          ))}
        </div>
      </div>
      {children}
    </Card>
  );
}

/** How many came, and how many failed: a line each. */
function rateWordsOf(slices: readonly Slice[]): string[] {
  const begun = sumOf(slices, ({ begun: count }) => count);
  const failed = sumOf(slices, ({ failed: count }) => count);
  if (begun === 0) return [`None in ${MINUTES} min`];
  return [`${begun.toLocaleString('en')} in ${MINUTES} min`, `${failed.toLocaleString('en')} failed`];
}

/** The medians of the slices' medians: a line each. */
function latencyWordsOf(slices: readonly Slice[]): string[] {
  const of = (key: 'totalMs' | 'firstTokenMs') =>
    medianOf(slices.flatMap((slice) => (slice[key] === null ? [] : [slice[key]])));
  const [total, first] = [of('totalMs'), of('firstTokenMs')];
  if (total === null) return ['None completed'];
  return [`Median ${millisOf(total)}`, ...(first === null ? [] : [`First token ${millisOf(first)}`])];
}

const sumOf = (slices: readonly Slice[], of: (slice: Slice) => number) =>
  slices.reduce((sum, slice) => sum + of(slice), 0);

function rateBarOf({ from, known, begun, failed }: Slice): Bar {
  const words = failed === 0 ? `${begun} came` : `${begun} came, ${failed} failed`;
  return { from, words: known ? words : 'not known', value: known ? begun : null, bad: failed };
}

function latencyBarOf({ from, known, totalMs, firstTokenMs }: Slice): Bar {
  if (totalMs === null) return { from, words: known ? 'none completed' : 'not known', value: known ? 0 : null, bad: 0 };
  const first = firstTokenMs === null ? '' : `, first token ${millisOf(firstTokenMs)}`;
  return { from, words: `${millisOf(totalMs)}${first}`, value: totalMs, bad: 0 };
}
