import { useState } from 'react';
import { clockSecondsOf } from '@/components/format.ts';

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

/** Bars of equal times, the newest on the right. The pointer and the arrow keys go through them and tell what was so. */
export function Sparkline({ label, bars }: { label: string; bars: readonly Bar[] }) {
  const [at, setAt] = useState<number | null>(null);
  const last = bars.length - 1;
  const chosen = at === null ? undefined : bars[at];
  const current = chosen ?? bars[last];
  return (
    <div className="relative min-w-0 grow">
      {chosen && (
        <p
          aria-hidden="true"
          className="pointer-events-none absolute right-0 bottom-full z-20 w-max rounded-md border border-line bg-raised px-2 py-1 text-xs shadow-(--shadow-high)"
        >
          {textOf(chosen)}
        </p>
      )}
      <div
        role="slider"
        tabIndex={0}
        aria-label={label}
        aria-valuemin={-last}
        aria-valuemax={0}
        aria-valuenow={(at ?? last) - last}
        aria-valuetext={current && textOf(current)}
        onFocus={() => setAt((before) => before ?? last)}
        onBlur={() => setAt(null)}
        onPointerLeave={() => setAt(null)}
        onPointerMove={(event) => setAt(barAt(event, bars.length))}
        onKeyDown={(event) => {
          const step = STEPS[event.key];
          if (!step) return;
          event.preventDefault();
          setAt((before) => Math.min(last, Math.max(0, step(before ?? last, last))));
        }}
        className="rounded-sm"
      >
        <Bars bars={bars} chosen={at} />
      </div>
    </div>
  );
}

const textOf = ({ from, words }: Bar) => `${clockSecondsOf(from)}  ${words}`;

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

function barAt(event: React.PointerEvent, count: number): number {
  const box = event.currentTarget.getBoundingClientRect();
  return Math.min(count - 1, Math.max(0, Math.floor(((event.clientX - box.left) / box.width) * count)));
}

const STEPS: Readonly<Record<string, (at: number, last: number) => number>> = {
  ArrowLeft: (at) => at - 1,
  ArrowDown: (at) => at - 1,
  ArrowRight: (at) => at + 1,
  ArrowUp: (at) => at + 1,
  PageDown: (at) => at - 10,
  PageUp: (at) => at + 10,
  Home: () => 0,
  End: (_at, last) => last,
};
