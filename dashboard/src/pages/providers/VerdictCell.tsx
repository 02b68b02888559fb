import { Ban, CircleCheck, CircleDashed, Hourglass, KeyRound, TriangleAlert } from 'lucide-react';
import type { ReactNode } from 'react';
import { Spinner } from '@/components/Spinner.tsx';
import type { Verdict } from './verdict.ts';

const SIZE = { size: 14, 'aria-hidden': true } as const;

type Look = { word: string; tone: string; icon: ReactNode };

const ANSWERED: Look = { word: 'Answered', tone: 'text-good', icon: <CircleCheck {...SIZE} /> };
const bad = (word: string): Look => ({ word, tone: 'text-bad', icon: <TriangleAlert {...SIZE} /> });
const open = (word: string): Look => ({ word, tone: 'text-muted', icon: <CircleDashed {...SIZE} /> });

/** By what is so. */
const LOOKS: Readonly<Record<string, Look>> = {
  ok: ANSWERED,
  passed: ANSWERED,
  error: bad('Does not answer'),
  failing: bad('Fails'),
  failed: bad('Test failed'),
  cooling_down: { word: 'Wants a pause', tone: 'text-move', icon: <Hourglass {...SIZE} /> },
  rejected: { word: 'Rejects the key', tone: 'text-bad', icon: <KeyRound {...SIZE} /> },
  keyless: { word: 'No credentials', tone: 'text-muted', icon: <KeyRound {...SIZE} /> },
  disabled: { word: 'Disabled', tone: 'text-muted', icon: <Ban {...SIZE} /> },
  unknown: open('Not asked yet'),
  untested: open('Not tested'),
};

const lookOf = (status: string): Look =>
  LOOKS[status] ?? { word: status.replaceAll('_', ' '), tone: 'text-soft', icon: null };

/** How a provider is, in a word, and what else is to be said in a few; both lines are there also while they are empty. */
export function VerdictCell({ verdict, testing }: { verdict: Verdict; testing: boolean }) {
  const { status, notes } = verdict;
  const { word, tone, icon } = lookOf(status);
  return (
    <div className="grid grid-cols-[auto_minmax(0,1fr)] items-center gap-x-1.5">
      <span className={tone}>{icon}</span>
      <span className={`font-medium ${tone}`}>{word}</span>
      <span className="flex">{testing && <Spinner size={12} className="mx-px text-muted" />}</span>
      <span className="min-h-4 text-xs text-muted">{testing ? 'Testing...' : notes.join(' · ')}</span>
    </div>
  );
}

/** Why it is so, whole. */
export function Reason({ of, verdict: { status, reason } }: { of: string; verdict: Verdict }) {
  return (
    <p className={`border-l-2 pl-3 ${lookOf(status).tone}`}>
      <span className="sr-only">{of}: </span>
      <span className="break-words text-soft">{reason}</span>
    </p>
  );
}
