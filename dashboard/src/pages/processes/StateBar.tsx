import { useMemo } from 'react';
import type { State } from '@/api/types.ts';
import { clockOf } from '@/components/format.ts';
import { TimeStrip } from '@/components/TimeStrip.tsx';
import { useMinute } from '@/state/clock.ts';
import { type Past, useRecent } from '@/state/history.ts';
import type { View } from '@/state/select.ts';
import { type Slot, sentenceOf, slotsOf } from '@/state/slots.ts';

const NONE: readonly Past[] = [];
const SLOT = 5;
const HEIGHT = 20;

/** A process's last hour, a stroke a minute. */
export function StateBar({ view }: { view: View }) {
  const slots = useSlots(view);
  return (
    <TimeStrip
      label={`Last hour of ${view.process.title}: ${sentenceOf(slots)}`}
      count={slots.length}
      textOf={(at) => textOf(slots[at])}
      className="w-full max-w-[300px]"
    >
      {(chosen) => <Strokes slots={slots} chosen={chosen} />}
    </TimeStrip>
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
const STROKES: Record<Kind, { parts: readonly (readonly [y: number, height: number])[]; fill: string }> = {
  running: { parts: [[2, 16]], fill: 'fill-good-fill' },
  starting: { parts: [[7, 11]], fill: 'fill-move-fill' },
  stopping: { parts: [[7, 11]], fill: 'fill-move-fill' },
  error: {
    parts: [
      [0, 12],
      [14.5, 3.5],
    ],
    fill: 'fill-bad-fill',
  },
  stopped: { parts: [[15, 3]], fill: 'fill-line-strong' },
  unknown: { parts: [[17, 1]], fill: 'fill-line' },
};

type Kind = State | 'unknown';

const KINDS = Object.keys(STROKES) as Kind[];

function Strokes({ slots, chosen }: { slots: readonly Slot[]; chosen: number | null }) {
  return (
    <svg
      viewBox={`0 0 ${slots.length * SLOT} ${HEIGHT}`}
      preserveAspectRatio="none"
      className="block h-5 w-full"
      aria-hidden="true"
    >
      <g opacity={chosen === null ? 1 : 0.45}>
        {KINDS.map((kind) => (
          <path key={kind} d={pathOf(slots, kind, () => true)} className={STROKES[kind].fill} />
        ))}
      </g>
      {chosen !== null &&
        KINDS.map((kind) => (
          <path key={kind} d={pathOf(slots, kind, (at) => at === chosen)} className={STROKES[kind].fill} />
        ))}
    </svg>
  );
}

/** All strokes of one kind in one path: a thousand processes are not to be sixty thousand elements. */
function pathOf(slots: readonly Slot[], kind: Kind, drawn: (at: number) => boolean): string {
  const { parts } = STROKES[kind];
  return slots
    .flatMap((slot, at) => {
      if ((slot.state ?? 'unknown') !== kind || !drawn(at)) return [];
      return parts.map(([y, height]) => `M${at * SLOT + 1} ${y}h3.2v${height}h-3.2z`);
    })
    .join('');
}

function textOf(slot: Slot | undefined): string {
  if (!slot) return '';
  return `${clockOf(slot.from)}  ${slot.state === null ? 'not known' : slot.messages.join(', ')}`;
}
