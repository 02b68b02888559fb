import { Plug, Plus } from 'lucide-react';
import { useState } from 'react';
import { useSearchParams } from 'wouter';
import type { Provider } from '@/api/types.ts';
import { Button } from '@/components/Button.tsx';
import { EmptyState } from '@/components/EmptyState.tsx';
import { PageHeader } from '@/components/PageHeader.tsx';
import { Table, Th } from '@/components/Table.tsx';
import { waitsOf } from '@/state/select.ts';
import { useLive } from '@/state/store.ts';
import { DeleteProvider } from './DeleteProvider.tsx';
import { ProviderDialog } from './ProviderDialog.tsx';
import { ProviderRow } from './ProviderRow.tsx';

export function ProvidersPage() {
  const known = useLive((state) => state.epoch !== null);
  const { items, total, enabled } = useLive((state) => state.providers);
  const [search, setSearch] = useSearchParams();
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
      {total > 0 && <List providers={items} onEdit={(id) => setSearch({ edit: id })} />}
      {known && total === 0 && (
        <EmptyState icon={<Plug size={24} />} title="No providers yet" action={addButton}>
          A provider is an OpenAI-compatible server that the router sends requests to: one on this machine, such as LM
          Studio or Ollama, or one elsewhere.
        </EmptyState>
      )}
      {known && <ProviderDialog search={search} onClose={() => setSearch({}, { replace: true })} />}
    </>
  );
}

function List({ providers, onEdit }: { providers: readonly Provider[]; onEdit: (id: string) => void }) {
  const [deleting, setDeleting] = useState<Provider | null>(null);
  const active = useLive((state) => state.settings?.active_provider);
  const waits = useLive(waitsOf);
  return (
    <>
      <Table label="Providers" stacked>
        <thead>
          <tr>
            <Th>Name</Th>
            <Th>Type and base URL</Th>
            <Th>Enabled</Th>
            <Th>Key</Th>
            <Th className="@4xl:text-right">Priority</Th>
            <Th>Last test</Th>
            <Th>
              <span className="sr-only">Actions</span>
            </Th>
          </tr>
        </thead>
        <tbody>
          {providers.map((provider) => (
            <ProviderRow
              key={provider.id}
              provider={provider}
              active={provider.id === active}
              waits={waits}
              onEdit={() => onEdit(provider.id)}
              onDelete={() => setDeleting(provider)}
            />
          ))}
        </tbody>
      </Table>
      {deleting && (
        <DeleteProvider provider={deleting} active={deleting.id === active} onClose={() => setDeleting(null)} />
      )}
    </>
  );
}
