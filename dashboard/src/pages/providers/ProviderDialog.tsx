import { Dialog } from '@/components/Dialog.tsx';
import { useLastKnown } from '@/components/useLastKnown.ts';
import { useLive } from '@/state/store.ts';
import { AddProvider, EditProvider } from './ProviderForm.tsx';

type Props = { search: URLSearchParams; onClose: () => void };

/** The form that the address asks for: `?add` or `?edit=ID`. */
export function ProviderDialog({ search, onClose }: Props) {
  const id = search.get('edit');
  if (search.has('add')) return <AddProvider onClose={onClose} />;
  return id === null ? null : <Edit key={id} id={id} onClose={onClose} />;
}

function Edit({ id, onClose }: { id: string; onClose: () => void }) {
  const found = useLive((state) => state.providers.items.find((provider) => provider.id === id));
  const provider = useLastKnown(found);
  if (provider) return <EditProvider provider={provider} gone={!found} onClose={onClose} />;
  return (
    <Dialog title="No such provider" onClose={onClose}>
      <p className="text-soft">
        There is no provider <code className="font-mono">{id}</code>. It may have been deleted.
      </p>
    </Dialog>
  );
}
