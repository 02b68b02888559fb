import type { View } from '@/state/select.ts';
import { Spinner } from './Spinner.tsx';

type ViewState = View['state'];

const TONE: Record<ViewState, string> = {
  running: 'text-good-fill',
  starting: 'text-move',
  stopping: 'text-move',
  error: 'text-bad-fill',
  stopped: 'text-idle-fill',
  unknown: 'text-muted',
};

/** The state as a shape, which holds without colour too: disc, turning ring, triangle, square, diamond. What is past stands still. */
export function StateMark({ state, size = 12, still = false }: { state: ViewState; size?: number; still?: boolean }) {
  if (!still && (state === 'starting' || state === 'stopping')) return <Spinner size={size} className={TONE[state]} />;
  return (
    <svg viewBox="0 0 12 12" width={size} height={size} aria-hidden="true" className={`block shrink-0 ${TONE[state]}`}>
      {SHAPES[state]}
    </svg>
  );
}

const HALF = (
  <>
    <circle cx="6" cy="6" r="4" fill="none" stroke="currentColor" strokeWidth="1.5" strokeOpacity="0.35" />
    <path d="M6 2a4 4 0 0 1 0 8" fill="none" stroke="currentColor" strokeWidth="1.5" />
  </>
);

const SHAPES: Record<ViewState, React.ReactNode> = {
  starting: HALF,
  stopping: HALF,
  running: <circle cx="6" cy="6" r="4" fill="currentColor" />,
  stopped: (
    <rect x="2.75" y="2.75" width="6.5" height="6.5" rx="1.5" fill="none" stroke="currentColor" strokeWidth="1.5" />
  ),
  error: (
    <path d="M6 1.4 11 10.4H1z" fill="currentColor" stroke="currentColor" strokeWidth="1" strokeLinejoin="round" />
  ),
  unknown: <path d="M6 1.5 10.5 6 6 10.5 1.5 6z" fill="none" stroke="currentColor" strokeWidth="1.5" />,
};
