import { Plug, Plus } from 'lucide-react';
import { useSearchParams } from 'wouter';
import type { Provider } from '@/api/types.ts';
import { Button } from '@/components/Button.tsx';
import { EmptyState } from '@/components/EmptyState.tsx';
import { PageHeader } from '@/components/PageHeader.tsx';
import { FallbackSection } from '@/pages/settings/FallbackSection.tsx';
import { TimeoutsSection } from '@/pages/settings/TimeoutsSection.tsx';
import { CatalogList } from '@/pages/shared/CatalogList.tsx';
import { FormByAddress } from '@/pages/shared/FormByAddress.tsx';
import { useHealth } from '@/state/health.ts';
import { waitsOf } from '@/state/select.ts';
import { useLive } from '@/state/store.ts';
import { DeleteProvider } from './DeleteProvider.tsx';
import { AddProvider, EditProvider } from './ProviderForm.tsx';
import { ProviderRow } from './ProviderRow.tsx';

export function ProvidersPage() {
  const known = useLive((state) => state.epoch !== null);
  const { items, total, enabled } = useLive((state) => state.providers);
  const [search, setSearch] = useSearchParams();
  const close = () => setSearch({}, { replace: true });
  const add = () => setSearch({ add: '' });
  const addButton = (
    <Button look="primary" icon={<Plus size={15} aria-hidden="true" />} onClick={add}>
      Add provider
    </Button>
  );
  return (
    <>
      <PageHeader title="Providers" note={known && total > 0 && `${enabled} of ${total} enabled`}>
        {total > 0 && addButton}
      </PageHeader>
      {total > 0 && (
        <div className="flex flex-col gap-4">
          <List providers={items} onEdit={(id) => setSearch({ edit: id })} />
          <FallbackSection />
          <TimeoutsSection />
        </div>
      )}
      {known && total === 0 && (
        <EmptyState icon={<Plug size={24} />} title="No providers yet" action={addButton}>
          A provider is an OpenAI-compatible server that the router sends requests to: one on this machine, such as LM
          Studio or Ollama, or one elsewhere.
        </EmptyState>
      )}
      {known && (
        <FormByAddress
          {...{ search, items }}
          noun="provider"
          add={() => <AddProvider onClose={close} />}
          edit={(provider, gone) => <EditProvider {...{ provider, gone }} onClose={close} />}
          onClose={close}
        />
      )}
    </>
  );
}

const HEADS = [
  { word: 'Name' },
  { word: 'Type and base URL' },
  { word: 'Enabled' },
  { word: 'Key' },
  { word: 'Priority', className: '@4xl:text-right' },
  { word: 'Health' },
];

function List({ providers, onEdit }: { providers: readonly Provider[]; onEdit: (id: string) => void }) {
  const active = useLive((state) => state.settings?.active_provider);
  const waits = useLive(waitsOf);
  const healths = useHealth();
  return (
    <CatalogList
      label="Providers"
      heads={HEADS}
      items={providers}
      row={(provider, onDelete) => (
        <ProviderRow
          key={provider.id}
          {...{ provider, waits, onDelete }}
          active={provider.id === active}
          health={healths?.[provider.id]}
          columns={HEADS.length + 1}
          onEdit={() => onEdit(provider.id)}
        />
      )}
      question={(provider, onClose) => <DeleteProvider {...{ provider, onClose }} active={provider.id === active} />}
    />
  );
}
