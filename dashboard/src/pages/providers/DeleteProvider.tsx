import type { Provider } from '@/api/types.ts';
import { ConfirmDialog } from '@/components/ConfirmDialog.tsx';
import { deleteProvider } from '@/state/catalog.ts';
import { fetchSettings } from '@/state/settings.ts';
import { useLive } from '@/state/store.ts';

type Props = { provider: Provider; active: boolean; onClose: () => void };

export function DeleteProvider({ provider, active, onClose }: Props) {
  const models = useLive((state) => state.models.items).filter((model) => model.providerId === provider.id);
  const remove = async () => {
    await deleteProvider(provider.id);
    // Where it was the active one, there is none now.
    await fetchSettings();
  };
  return (
    <ConfirmDialog title={`Delete ${provider.name}?`} confirm="Delete" onConfirm={remove} onClose={onClose}>
      <p>
        The router sends nothing there any more. {provider.hasApiKey && 'Its key is deleted with it. '}
        This cannot be undone.
      </p>
      {models.length > 0 && <p>Its models go with it: {models.map((model) => model.name).join(', ')}.</p>}
      {active && <p>It is the active provider; there will be none until you choose another one in Settings.</p>}
    </ConfirmDialog>
  );
}
