import { Dialog } from '@/components/Dialog.tsx';
import { useLastKnown } from '@/components/useLastKnown.ts';
import { useLive } from '@/state/store.ts';
import { AddModel, EditModel } from './ModelForm.tsx';

type Props = { search: URLSearchParams; onClose: () => void };

/** The form that the address asks for: `?add` or `?edit=ID`. */
export function ModelDialog({ search, onClose }: Props) {
  const id = search.get('edit');
  if (search.has('add')) return <AddModel onClose={onClose} />;
  return id === null ? null : <Edit key={id} id={id} onClose={onClose} />;
}

function Edit({ id, onClose }: { id: string; onClose: () => void }) {
  const found = useLive((state) => state.models.items.find((model) => model.id === id));
  const model = useLastKnown(found);
  if (model) return <EditModel model={model} gone={!found} onClose={onClose} />;
  return (
    <Dialog title="No such model" onClose={onClose}>
      <p className="text-soft">
        There is no model <code className="font-mono break-all">{id}</code>. It may have been deleted.
      </p>
    </Dialog>
  );
}
