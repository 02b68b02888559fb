import { clockSecondsOf } from '@/components/format.ts';
import { TimeStrip } from '@/components/TimeStrip.tsx';

export type Bar = {
  /** When its time begins. */
  from: number;
  /** What is said of it. */
  words: string;
  /** Its height; null: not known. */
  value: number | null;
  /** How much of it is bad: drawn apart from the rest, with a gap between. */
  bad: number;
};

const WIDTH = 5;
const HEIGHT = 40;
const GAP = 2;

/** How much there was in equal slices of time, as bars. */
export function Sparkline({ label, bars }: { label: string; bars: readonly Bar[] }) {
  const textOf = (at: number) => {
    const bar = bars[at];
    return bar ? `${clockSecondsOf(bar.from)}  ${bar.words}` : '';
  };
  return (
    <TimeStrip label={label} count={bars.length} textOf={textOf} className="min-w-0 grow">
      {(chosen) => <Bars bars={bars} chosen={chosen} />}
    </TimeStrip>
  );
}

function Bars({ bars, chosen }: { bars: readonly Bar[]; chosen: number | null }) {
  const most = Math.max(1, ...bars.map(({ value }) => value ?? 0));
  const x = (at: number) => at * WIDTH + 1;
  const high = (value: number) => (value === 0 ? 0 : Math.max(2, (value / most) * HEIGHT));
  const known = bars.flatMap(({ value, bad }, at) => {
    if (value === null || value === 0) return [];
    const [all, below] = [high(value), bad > 0 ? Math.min(high(value), high(bad)) + GAP : 0];
    return all <= below ? [] : [`M${x(at)} ${HEIGHT - all}h4v${all - below}h-4z`];
  });
  const bad = bars.flatMap((bar, at) =>
    bar.bad > 0 ? [`M${x(at)} ${HEIGHT}v-${high(bar.bad)}h4v${high(bar.bad)}z`] : [],
  );
  return (
    <svg
      viewBox={`0 0 ${bars.length * WIDTH} ${HEIGHT}`}
      preserveAspectRatio="none"
      className="block h-10 w-full"
      aria-hidden="true"
    >
      {chosen !== null && <path d={`M${x(chosen) - 1} 0h6v${HEIGHT}h-6z`} className="fill-hover" />}
      <path d={`M0 ${HEIGHT - 0.5}h${bars.length * WIDTH}`} className="stroke-line" strokeWidth="1" />
      <path d={known.join('')} className="fill-accent" />
      <path d={bad.join('')} className="fill-bad-fill" />
    </svg>
  );
}
