// Cuts a process's past into equal slices of time. Pure.
import type { State } from '@/api/types.ts';
import type { Past } from './history.ts';

export type Slot = {
  /** Where the slice begins, in ms. */
  from: number;
  /** The worst that was so in it; null: not known. */
  state: State | null;
  /** What was said in it, in order. */
  messages: readonly string[];
};

const SLICE_MS = 60_000;
const COUNT = 60;

/** From the worst to the best: what a slice shows when it saw several. */
const WORST_FIRST: readonly State[] = ['error', 'stopping', 'starting', 'running', 'stopped'];

/** The last hour in minutes, the current one last. `knownSince`: from when on the past is whole. */
export function slotsOf(past: readonly Past[], current: Past, now: number, knownSince: number | null): Slot[] {
  const end = (Math.floor(now / SLICE_MS) + 1) * SLICE_MS;
  const spans = spansOf(past, current, knownSince);
  return Array.from({ length: COUNT }, (_slot, at) => {
    const from = end - (COUNT - at) * SLICE_MS;
    const seen = spans.filter((span) => span.from < from + SLICE_MS && span.to > from);
    const state = WORST_FIRST.find((worst) => seen.some((span) => span.state === worst)) ?? null;
    return { from, state, messages: [...new Set(seen.map((span) => span.message))] };
  });
}

type Span = { from: number; to: number; state: State; message: string };

function spansOf(past: readonly Past[], current: Past, knownSince: number | null): Span[] {
  const last = past.at(-1);
  const all = last?.state === current.state && last.time === current.time ? past : [...past, current];
  const spans = all.map(({ time, state, message }, at) => ({
    from: time,
    // What begins and ends in one moment was so, too.
    to: Math.max(all[at + 1]?.time ?? Number.POSITIVE_INFINITY, time + 1),
    state,
    message,
  }));
  const first = all[0];
  // Before its first event ever, a process had not been started.
  if (knownSince === 0 && first) spans.unshift({ from: 0, to: first.time, state: 'stopped', message: 'Stopped' });
  return spans;
}

/** The slices in one sentence. */
export function sentenceOf(slots: readonly Slot[]): string {
  const known = slots.filter((slot) => slot.state !== null);
  const running = known.filter((slot) => slot.state === 'running').length;
  const failed = known.filter((slot) => slot.state === 'error').length;
  if (known.length === 0) return 'Nothing is known of the last hour';
  const errors = failed === 0 ? 'no errors' : `errors in ${failed} ${failed === 1 ? 'minute' : 'minutes'}`;
  return `${running} of the last ${known.length} minutes running, ${errors}`;
}
