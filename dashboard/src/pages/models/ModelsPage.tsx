import { Box, Plus } from 'lucide-react';
import { Link, useSearchParams } from 'wouter';
import type { Model } from '@/api/types.ts';
import { Button } from '@/components/Button.tsx';
import { ConfirmDialog } from '@/components/ConfirmDialog.tsx';
import { EmptyState } from '@/components/EmptyState.tsx';
import { PageHeader } from '@/components/PageHeader.tsx';
import { CatalogList } from '@/pages/shared/CatalogList.tsx';
import { FormByAddress } from '@/pages/shared/FormByAddress.tsx';
import { deleteModel } from '@/state/catalog.ts';
import { waitsOf } from '@/state/select.ts';
import { useLive } from '@/state/store.ts';
import { FoundModels } from './FoundModels.tsx';
import { AddModel, EditModel } from './ModelForm.tsx';
import { ModelRow } from './ModelRow.tsx';

export function ModelsPage() {
  const known = useLive((state) => state.epoch !== null);
  const { items, total } = useLive((state) => state.models);
  const providers = useLive((state) => state.providers.total);
  const waits = useLive(waitsOf);
  const [search, setSearch] = useSearchParams();
  const close = () => setSearch({}, { replace: true });
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
      <FoundModels waits={waits} onName={(provider, model) => setSearch({ add: '', provider, model })} />
      {known && (
        <FormByAddress
          {...{ search, items }}
          noun="model"
          add={() => <AddModel of={namedIn(search)} onClose={close} />}
          edit={(model, gone) => <EditModel {...{ model, gone }} onClose={close} />}
          onClose={close}
        />
      )}
    </>
  );
}

/** The model of a provider that the address says is to get a name. */
function namedIn(search: URLSearchParams) {
  const [providerId, upstreamModel] = [search.get('provider'), search.get('model')];
  return providerId && upstreamModel ? { providerId, upstreamModel } : null;
}

const HEADS = ['Name', 'Provider', 'Upstream model', 'Capabilities'].map((word) => ({ word }));

function List({ models, onEdit }: { models: readonly Model[]; onEdit: (id: string) => void }) {
  const active = useLive((state) => state.settings?.active_model);
  const waits = useLive(waitsOf);
  return (
    <CatalogList
      label="Models"
      heads={HEADS}
      items={models}
      row={(model, onDelete) => (
        <ModelRow
          key={model.id}
          {...{ model, waits, onDelete }}
          active={model.id === active}
          onEdit={() => onEdit(model.id)}
        />
      )}
      question={(model, onClose) => <DeleteModel {...{ model, onClose }} active={model.id === active} />}
    />
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
