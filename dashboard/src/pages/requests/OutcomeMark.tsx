import { Ban, CircleCheck, LogOut, TriangleAlert } from 'lucide-react';
import { Spinner } from '@/components/Spinner.tsx';
import { type Kind, kindOf, type RequestRow } from '@/state/requests/row.ts';
import { outcomeOf, TONES } from './words.ts';

const SIZE = { size: 13, 'aria-hidden': true } as const;

const SHAPES: Record<Kind, React.ReactNode> = {
  flight: <Spinner size={13} />,
  complete: <CircleCheck {...SIZE} />,
  left: <LogOut {...SIZE} />,
  failed: <TriangleAlert {...SIZE} />,
};

/** How a request ended, or that it has not: shape, word, colour, and the status that was answered. */
export function OutcomeMark({ row }: { row: RequestRow }) {
  const kind = kindOf(row);
  const { word, means } = outcomeOf(row);
  return (
    <span className={`flex min-w-0 items-center gap-1.5 font-medium ${TONES[kind]}`} title={means}>
      <span className="flex shrink-0">{row.outcome === 'refused' ? <Ban {...SIZE} /> : SHAPES[kind]}</span>
      <span className="truncate">{word}</span>
      {row.status !== null && <span className="shrink-0 font-normal text-muted">{row.status}</span>}
    </span>
  );
}
