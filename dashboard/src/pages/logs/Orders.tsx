import { Play, RotateCw, Square } from 'lucide-react';
import { Button } from '@/components/Button.tsx';
import { OrderButtons } from '@/pages/processes/OrderButtons.tsx';
import { AllButtons } from '@/pages/processes/Toolbar.tsx';
import { orderEach } from '@/state/actions.ts';
import type { Order } from '@/state/live.ts';
import { refusalOf, type View } from '@/state/select.ts';
import { useLive } from '@/state/store.ts';

/** What can be ordered without leaving the output: of one process, of those that are shown, or of all. */
export function Orders({ views, all }: { views: readonly View[]; all: boolean }) {
  const only = views.length === 1 ? views[0] : undefined;
  if (only) return <OrderButtons view={only} />;
  return all ? <AllButtons views={views} /> : <ChosenButtons views={views} />;
}

const ORDERS: readonly { want: Order; word: string; icon: React.ReactNode }[] = [
  { want: 'start', word: 'Start these', icon: <Play size={14} aria-hidden="true" /> },
  { want: 'stop', word: 'Stop these', icon: <Square size={13} aria-hidden="true" /> },
  { want: 'restart', word: 'Restart these', icon: <RotateCw size={14} aria-hidden="true" /> },
];

function ChosenButtons({ views }: { views: readonly View[] }) {
  const connection = useLive((state) => state.connection);
  return ORDERS.map(({ want, word, icon }) => {
    const able = views.filter((view) => refusalOf(want, view, connection) === null);
    const first = views[0];
    const refusal = able.length > 0 ? null : first ? refusalOf(want, first, connection) : 'There is no such process';
    const ids = able.map((view) => view.process.id);
    return (
      <Button key={want} size="small" icon={icon} unavailable={refusal} onClick={() => orderEach(ids, want)}>
        {word}
      </Button>
    );
  });
}
