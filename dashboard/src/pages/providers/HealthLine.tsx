import { Ban, CircleCheck, CircleDashed, Hourglass, KeyRound, TriangleAlert } from 'lucide-react';
import type { ReactNode } from 'react';
import { durationOf } from '@/components/format.ts';
import type { Health } from '@/state/health.ts';

const SIZE = { size: 14, 'aria-hidden': true } as const;

type Look = { word: string; tone: string; icon: ReactNode };

/** By what the router says. */
const LOOKS: Readonly<Record<string, Look>> = {
  ok: { word: 'Answered', tone: 'text-good', icon: <CircleCheck {...SIZE} /> },
  error: { word: 'Does not answer', tone: 'text-bad', icon: <TriangleAlert {...SIZE} /> },
  failing: { word: 'Fails', tone: 'text-bad', icon: <TriangleAlert {...SIZE} /> },
  cooling_down: { word: 'Wants a pause', tone: 'text-move', icon: <Hourglass {...SIZE} /> },
  rejected: { word: 'Rejects the key', tone: 'text-bad', icon: <KeyRound {...SIZE} /> },
  disabled: { word: 'Disabled', tone: 'text-muted', icon: <Ban {...SIZE} /> },
  unknown: { word: 'Not asked yet', tone: 'text-muted', icon: <CircleDashed {...SIZE} /> },
};

/** How a provider is, as the router sees it now; undefined: nobody knows. */
export function HealthLine({ health }: { health: Health | undefined }) {
  if (!health) return null;
  const { status, error } = health;
  const { word, tone, icon } = LOOKS[status] ?? { word: status.replaceAll('_', ' '), tone: 'text-soft', icon: null };
  const rest = restOf(health);
  return (
    <div className="flex items-start gap-1.5">
      <span className={`flex h-5 shrink-0 items-center ${tone}`}>{icon}</span>
      <div className="min-w-0 break-words">
        <span className={`font-medium ${tone}`}>{word}</span>
        {rest && <span className="text-muted">, {rest}</span>}
        {error && <div className="text-xs text-muted">{error}</div>}
      </div>
    </div>
  );
}

/** `3 models`, or when it is asked again. */
export function restOf({ models, retryInMs }: Health): string {
  if (retryInMs !== null && retryInMs > 0) return `next try in ${durationOf(Math.ceil(retryInMs / 1_000))}`;
  if (models === null) return '';
  return `${models.toLocaleString('en')} ${models === 1 ? 'model' : 'models'}`;
}
