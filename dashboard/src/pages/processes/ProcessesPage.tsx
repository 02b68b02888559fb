import { Play, Square } from 'lucide-react';
import { Button } from '@/components/Button.tsx';
import { Card } from '@/components/Card.tsx';
import { EmptyState } from '@/components/EmptyState.tsx';
import { PageHeader } from '@/components/PageHeader.tsx';
import { orderAll } from '@/state/actions.ts';
import { refusalOfAll, summaryOf, type View } from '@/state/select.ts';
import { useLive } from '@/state/store.ts';
import { useViews } from '@/state/views.ts';
import { ProcessRow } from './ProcessRow.tsx';

export function ProcessesPage() {
  const views = useViews();
  const known = useLive((state) => state.epoch !== null);
  return (
    <>
      <PageHeader title="Processes" note={summaryOf(views)}>
        <AllButtons views={views} />
      </PageHeader>
      {views.length > 0 && (
        <Card className="divide-y divide-line">
          {views.map((view) => (
            <ProcessRow key={view.process.id} view={view} />
          ))}
        </Card>
      )}
      {known && views.length === 0 && <EmptyState title="No processes yet. Add one to signalbox.toml." />}
    </>
  );
}

function AllButtons({ views }: { views: readonly View[] }) {
  const connection = useLive((state) => state.connection);
  return (
    <>
      <Button
        icon={<Play size={14} />}
        unavailable={refusalOfAll('start', views, connection)}
        onClick={() => void orderAll('start')}
      >
        Start all
      </Button>
      <Button
        icon={<Square size={13} />}
        unavailable={refusalOfAll('stop', views, connection)}
        onClick={() => void orderAll('stop')}
      >
        Stop all
      </Button>
    </>
  );
}
