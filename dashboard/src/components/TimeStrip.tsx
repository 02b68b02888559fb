import { type ReactNode, useState } from 'react';

type Props = {
  /** What it shows, in one sentence. */
  label: string;
  /** How many slices of time it has, the newest one on the right. */
  count: number;
  /** What was so in one of them. */
  textOf: (at: number) => string;
  className?: string;
  /** Draws the slices; null: none is chosen. */
  children: (chosen: number | null) => ReactNode;
};

/** Equal slices of time, drawn beside each other. The pointer and the arrow keys go through them and tell what was so. */
export function TimeStrip({ label, count, textOf, className = '', children }: Props) {
  const [at, setAt] = useState<number | null>(null);
  const last = count - 1;
  return (
    <div className={`relative ${className}`}>
      {at !== null && <Tip text={textOf(at)} share={(at + 0.5) / count} />}
      <div
        role="slider"
        tabIndex={0}
        aria-label={label}
        aria-valuemin={-last}
        aria-valuemax={0}
        aria-valuenow={(at ?? last) - last}
        aria-valuetext={textOf(at ?? last)}
        onFocus={() => setAt((before) => before ?? last)}
        onBlur={() => setAt(null)}
        onPointerLeave={() => setAt(null)}
        onPointerMove={(event) => setAt(sliceAt(event, count))}
        onKeyDown={(event) => {
          const step = STEPS[event.key];
          if (!step) return;
          event.preventDefault();
          setAt((before) => Math.min(last, Math.max(0, step(before ?? last, last))));
        }}
        className="rounded-sm"
      >
        {children(at)}
      </div>
    </div>
  );
}

/** Above its slice; at the ends of the strip it stays within it. */
function Tip({ text, share }: { text: string; share: number }) {
  const rest = `${(1 - share) * 100}%`;
  return (
    <p
      aria-hidden="true"
      className="pointer-events-none absolute bottom-full z-20 mb-1.5 w-max max-w-64 rounded-md border border-line bg-raised px-2 py-1 text-xs shadow-(--shadow-high)"
      style={{ right: rest, translate: `${rest} 0` }}
    >
      {text}
    </p>
  );
}

function sliceAt(event: React.PointerEvent, count: number): number {
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
