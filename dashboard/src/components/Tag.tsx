import type { ReactNode } from 'react';

type Tone = 'plain' | 'good' | 'move' | 'bad' | 'accent';

const TONES: Record<Tone, string> = {
  plain: 'border border-line bg-idle-soft text-soft',
  good: 'bg-good-soft text-good',
  move: 'bg-move-soft text-move',
  bad: 'bg-bad-soft text-bad',
  accent: 'bg-accent-soft text-accent',
};

/** A word about something, set off from its surroundings. */
export function Tag({ tone = 'plain', children }: { tone?: Tone; children: ReactNode }) {
  return (
    <span
      className={`inline-flex h-5 items-center gap-1 rounded px-1.5 text-2xs font-medium whitespace-nowrap ${TONES[tone]}`}
    >
      {children}
    </span>
  );
}
