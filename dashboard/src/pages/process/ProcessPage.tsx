import { useParams } from 'wouter';
import { EmptyState } from '@/components/EmptyState.tsx';
import { PageHeader } from '@/components/PageHeader.tsx';
import { StateBadge } from '@/components/StateBadge.tsx';
import { OrderButtons } from '@/pages/processes/OrderButtons.tsx';
import { useLive } from '@/state/store.ts';
import { useView } from '@/state/views.ts';

export function ProcessPage() {
  const { id = '' } = useParams<{ id: string }>();
  const view = useView(id);
  const known = useLive((state) => state.epoch !== null);
  if (!view) return known ? <EmptyState title={`There is no process ${id}`} /> : null;
  return (
    <PageHeader title={view.process.title} note={<StateBadge state={view.state} message={view.message} />}>
      <OrderButtons view={view} />
    </PageHeader>
  );
}
