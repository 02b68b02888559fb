import { Play, RotateCw, Square, X } from 'lucide-react';
import { Button } from '@/components/Button.tsx';
import { orderAll, orderEach } from '@/state/actions.ts';
import type { Order } from '@/state/live.ts';
import { refusalOf, refusalOfAll, type View } from '@/state/select.ts';
import { useLive } from '@/state/store.ts';

/** What can be done with all processes. */
export function AllButtons({ views }: { views: readonly View[] }) {
  const connection = useLive((state) => state.connection);
  return (
    <>
      <Button
        icon={<Play size={14} aria-hidden="true" />}
        unavailable={refusalOfAll('start', views, connection)}
        onClick={() => void orderAll('start')}
      >
        Start all
      </Button>
      <Button
        icon={<Square size={13} aria-hidden="true" />}
        unavailable={refusalOfAll('stop', views, connection)}
        onClick={() => void orderAll('stop')}
      >
        Stop all
      </Button>
    </>
  );
}

const ORDERS: readonly { want: Order; word: string; icon: React.ReactNode }[] = [
  { want: 'start', word: 'Start', icon: <Play size={14} aria-hidden="true" /> },
  { want: 'stop', word: 'Stop', icon: <Square size={13} aria-hidden="true" /> },
  { want: 'restart', word: 'Restart', icon: <RotateCw size={14} aria-hidden="true" /> },
];

/** What can be done with those that were chosen. It lies over the foot of the page: nothing makes room for it. */
export function SelectionBar({ views, onClear }: { views: readonly View[]; onClear: () => void }) {
  const connection = useLive((state) => state.connection);
  if (views.length === 0) return null;
  const able = (want: Order) => views.filter((view) => refusalOf(want, view, connection) === null);
  return (
    <section
      aria-label="Selection"
      className="fade-in sticky bottom-4 z-10 mx-auto mt-4 flex flex-wrap items-center gap-2 rounded-xl border border-line bg-raised p-2 pl-4 shadow-(--shadow-high)"
    >
      <p className="pr-2 font-medium max-sm:-order-1 max-sm:basis-[calc(100%-4rem)]">{views.length} selected</p>
      {ORDERS.map(({ want, word, icon }) => (
        <Button
          key={want}
          size="small"
          icon={icon}
          unavailable={able(want).length > 0 ? null : nothingToDo(want, connection === 'live')}
          onClick={() =>
            orderEach(
              able(want).map((view) => view.process.id),
              want,
            )
          }
        >
          {word}
          <span className="-ml-0.5 max-sm:sr-only">selected</span>
        </Button>
      ))}
      <Button
        look="quiet"
        size="small"
        icon={<X size={14} />}
        aria-label="Clear the selection"
        className="max-sm:-order-1"
        onClick={onClear}
      />
    </section>
  );
}

function nothingToDo(want: Order, live: boolean): string {
  if (!live) return 'Waits for the connection to the server';
  return want === 'start' ? 'All of them run or start already' : 'All of them are stopped or stopping already';
}
