import { Box, Plus } from 'lucide-react';
import { useState } from 'react';
import { Link, useSearchParams } from 'wouter';
import type { Model } from '@/api/types.ts';
import { Button } from '@/components/Button.tsx';
import { ConfirmDialog } from '@/components/ConfirmDialog.tsx';
import { EmptyState } from '@/components/EmptyState.tsx';
import { PageHeader } from '@/components/PageHeader.tsx';
import { Table, Th } from '@/components/Table.tsx';
import { deleteModel } from '@/state/catalog.ts';
import { waitsOf } from '@/state/select.ts';
import { useLive } from '@/state/store.ts';
import { ModelDialog } from './ModelDialog.tsx';
import { ModelRow } from './ModelRow.tsx';

export function ModelsPage() {
  const known = useLive((state) => state.epoch !== null);
  const { items, total } = useLive((state) => state.models);
  const providers = useLive((state) => state.providers.total);
  const [search, setSearch] = useSearchParams();
  const addButton = (
    <Button
      look="primary"
      icon={<Plus size={15} aria-hidden="true" />}
      unavailable={providers === 0 ? 'A model belongs to a provider, and there is none yet' : null}
      onClick={() => setSearch({ add: '' })}
    >
      Add model
    </Button>
  );
  return (
    <>
      <PageHeader title="Models" note={total > 0 && 'Names of your own for what providers have'}>
        {total > 0 && addButton}
      </PageHeader>
      {total > 0 && <List models={items} onEdit={(id) => setSearch({ edit: id })} />}
      {known && total === 0 && (
        <EmptyState icon={<Box size={24} />} title="No models of your own yet" action={addButton}>
          You can do without: the router lists what its{' '}
          <Link href="/providers" className="font-medium text-accent hover:underline">
            providers
          </Link>{' '}
          have. A model here gives one of those a name that stays when you change what is behind it.
        </EmptyState>
      )}
      {known && <ModelDialog search={search} onClose={() => setSearch({}, { replace: true })} />}
    </>
  );
}

function List({ models, onEdit }: { models: readonly Model[]; onEdit: (id: string) => void }) {
  const [deleting, setDeleting] = useState<Model | null>(null);
  const active = useLive((state) => state.settings?.active_model);
  const waits = useLive(waitsOf);
  return (
    <>
      <Table label="Models" stacked>
        <thead>
          <tr>
            <Th>Name</Th>
            <Th>Provider</Th>
            <Th>Upstream model</Th>
            <Th>Capabilities</Th>
            <Th>
              <span className="sr-only">Actions</span>
            </Th>
          </tr>
        </thead>
        <tbody>
          {models.map((model) => (
            <ModelRow
              key={model.id}
              model={model}
              active={model.id === active}
              waits={waits}
              onEdit={() => onEdit(model.id)}
              onDelete={() => setDeleting(model)}
            />
          ))}
        </tbody>
      </Table>
      {deleting && <DeleteModel model={deleting} active={deleting.id === active} onClose={() => setDeleting(null)} />}
    </>
  );
}

function DeleteModel({ model, active, onClose }: { model: Model; active: boolean; onClose: () => void }) {
  return (
    <ConfirmDialog
      title={`Delete ${model.name}?`}
      confirm="Delete"
      onConfirm={() => deleteModel(model.id)}
      onClose={onClose}
    >
      <p>
        Requests for <code className="font-mono break-all">{model.id}</code> are no longer sent to{' '}
        <code className="font-mono break-all">{model.upstreamModel}</code>. The provider keeps its own model.
      </p>
      {active && <p>It is the active model, and stays chosen by this name until you choose another one.</p>}
    </ConfirmDialog>
  );
}
