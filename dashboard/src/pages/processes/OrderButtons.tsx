import { Play, RotateCw, Square } from 'lucide-react';
import { Button } from '@/components/Button.tsx';
import { order } from '@/state/actions.ts';
import type { Order } from '@/state/live.ts';
import { refusalOf, type View } from '@/state/select.ts';
import { useLive } from '@/state/store.ts';

const ORDERS: readonly { want: Order; word: string; icon: React.ReactNode }[] = [
  { want: 'start', word: 'Start', icon: <Play size={14} aria-hidden="true" /> },
  { want: 'stop', word: 'Stop', icon: <Square size={13} aria-hidden="true" /> },
  { want: 'restart', word: 'Restart', icon: <RotateCw size={14} aria-hidden="true" /> },
];

/** Start, Stop and Restart of one process; none of them is ever unavailable without saying why. */
export function OrderButtons({ view }: { view: View }) {
  const connection = useLive((state) => state.connection);
  const { id, title } = view.process;
  return (
    <div className="flex gap-1.5">
      {ORDERS.map(({ want, word, icon }) => (
        <Button
          key={want}
          size="small"
          icon={icon}
          aria-label={`${word} ${title}`}
          busy={view.pending?.want === want}
          unavailable={refusalOf(want, view, connection)}
          onClick={() => void order(id, want)}
        >
          {word}
        </Button>
      ))}
    </div>
  );
}
