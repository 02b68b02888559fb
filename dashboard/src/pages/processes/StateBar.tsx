import { useMemo, useState } from 'react';
import type { State } from '@/api/types.ts';
import { clockOf } from '@/components/format.ts';
import { useMinute } from '@/state/clock.ts';
import { type Past, useRecent } from '@/state/history.ts';
import type { View } from '@/state/select.ts';
import { type Slot, sentenceOf, slotsOf } from '@/state/slots.ts';

const NONE: readonly Past[] = [];
const SLOT = 5;
const HEIGHT = 20;

/** A process's last hour, a stroke a minute. The pointer and the arrow keys go through it and tell what was so. */
export function StateBar({ view }: { view: View }) {
  const slots = useSlots(view);
  const [at, setAt] = useState<number | null>(null);
  const chosen = at === null ? undefined : slots[at];
  const last = slots.length - 1;
  return (
    <div className="relative w-full max-w-[300px]">
      {chosen && <Tip slot={chosen} share={((at ?? 0) + 0.5) / slots.length} />}
      <div
        role="slider"
        tabIndex={0}
        aria-label={`Last hour of ${view.process.title}: ${sentenceOf(slots)}`}
        aria-valuemin={-last}
        aria-valuemax={0}
        aria-valuenow={(at ?? last) - last}
        aria-valuetext={textOf(chosen ?? slots[last])}
        onFocus={() => setAt((before) => before ?? last)}
        onBlur={() => setAt(null)}
        onPointerLeave={() => setAt(null)}
        onPointerMove={(event) => setAt(slotAt(event, slots.length))}
        onKeyDown={(event) => {
          const step = STEPS[event.key];
          if (!step) return;
          event.preventDefault();
          setAt((before) => Math.min(last, Math.max(0, step(before ?? last, last))));
        }}
        className="rounded-sm"
      >
        <Strokes slots={slots} chosen={at} />
      </div>
    </div>
  );
}

function useSlots(view: View): Slot[] {
  const { id, state, since, message } = view.process;
  const past = useRecent((recent) => recent.past[id]) ?? NONE;
  const knownSince = useRecent((recent) => recent.knownSince);
  const now = useMinute();
  return useMemo(
    () => slotsOf(past, { time: since, seq: 0, state, message }, Math.max(now, since), knownSince),
    [past, since, state, message, now, knownSince],
  );
}

/** Where each state's stroke begins and how long it is: it can be told without its colour. */
const STROKES: Record<State, { y: number; height: number; fill: string }> = {
  running: { y: 2, height: 16, fill: 'fill-good-fill' },
  starting: { y: 7, height: 11, fill: 'fill-move-fill' },
  stopping: { y: 7, height: 11, fill: 'fill-move-fill' },
  error: { y: 0, height: 12, fill: 'fill-bad-fill' },
  stopped: { y: 15, height: 3, fill: 'fill-line-strong' },
};

function Strokes({ slots, chosen }: { slots: readonly Slot[]; chosen: number | null }) {
  return (
    <svg
      viewBox={`0 0 ${slots.length * SLOT} ${HEIGHT}`}
      preserveAspectRatio="none"
      className="block h-5 w-full"
      aria-hidden="true"
    >
      {slots.map((slot, at) => (
        <g key={slot.from} opacity={chosen === null || chosen === at ? 1 : 0.45}>
          {slot.state ? (
            <rect x={at * SLOT + 1} width={3.2} rx={1} {...placed(slot.state)} />
          ) : (
            <rect x={at * SLOT + 1} y={17} width={3.2} height={1} className="fill-line" />
          )}
          {slot.state === 'error' && (
            <rect x={at * SLOT + 1} y={14.5} width={3.2} height={3.5} rx={1} className="fill-bad-fill" />
          )}
        </g>
      ))}
    </svg>
  );
}

function placed(state: State) {
  const { y, height, fill } = STROKES[state] ?? STROKES.stopped;
  return { y, height, className: fill };
}

function Tip({ slot, share }: { slot: Slot; share: number }) {
  return (
    <div
      aria-hidden="true"
      className="pointer-events-none absolute bottom-full z-20 mb-1.5 w-max max-w-64 rounded-md border border-line bg-raised px-2 py-1 text-xs shadow-(--shadow-high)"
      style={{ right: `${(1 - share) * 100}%`, translate: `${(1 - share) * 100}% 0` }}
    >
      {textOf(slot)}
    </div>
  );
}

function textOf(slot: Slot | undefined): string {
  if (!slot) return '';
  return `${clockOf(slot.from)}  ${slot.state === null ? 'not known' : slot.messages.join(', ')}`;
}

function slotAt(event: React.PointerEvent, count: number): number {
  const box = event.currentTarget.getBoundingClientRect();
  return Math.min(count - 1, Math.max(0, Math.floor(((event.clientX - box.left) / box.width) * count)));
}

const STEPS: Record<string, (at: number, last: number) => number> = {
  ArrowLeft: (at) => at - 1,
  ArrowDown: (at) => at - 1,
  ArrowRight: (at) => at + 1,
  ArrowUp: (at) => at + 1,
  PageDown: (at) => at - 10,
  PageUp: (at) => at + 10,
  Home: () => 0,
  End: (_at, last) => last,
};
