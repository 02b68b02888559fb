import type { View } from '@/state/select.ts';
import { StateMark } from './StateMark.tsx';

const LOOK: Record<View['state'], string> = {
  running: 'bg-good-soft text-good',
  starting: 'bg-move-soft text-move',
  stopping: 'bg-move-soft text-move',
  error: 'bg-bad-soft text-bad',
  stopped: 'bg-idle-soft text-soft',
  unknown: 'bg-idle-soft text-soft',
};

type Props = {
  state: View['state'];
  /** What the server says, letter by letter. */
  message: string;
  /** Whether this is only what was known last. */
  lastKnown?: boolean;
  className?: string;
};

/** A process's state: shape, word and colour. */
export function StateBadge({ state, message, lastKnown = false, className = '' }: Props) {
  return (
    <span
      data-state={state}
      className={`inline-flex min-h-6 min-w-[14ch] items-start gap-1.5 rounded-md px-2 py-0.5 text-xs leading-5 font-medium ${LOOK[state]} ${className}`}
    >
      <span className="flex h-5 items-center">
        <StateMark state={state} />
      </span>
      {lastKnown && <span className="sr-only">Last known: </span>}
      <span data-badge className="min-w-0 break-words">
        {message}
      </span>
    </span>
  );
}
