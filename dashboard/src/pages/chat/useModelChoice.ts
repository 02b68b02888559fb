import { useRouterModels } from '@/state/router.ts';
import { useLive } from '@/state/store.ts';
import { useChat } from './chat.ts';

export type ModelChoice = {
  /** What is asked; empty: none is known. */
  model: string;
  /** Names of one's own. */
  own: readonly { id: string; name: string }[];
  /** What the router lists besides. */
  others: readonly string[];
  /** Why the router's list is not known. */
  failure: string | null;
};

/** What was chosen here, else the active model, else the first one that there is. */
export function useModelChoice(): ModelChoice {
  const chosen = useChat((chat) => chat.model);
  const active = useLive((state) => state.settings?.active_model);
  const own = useLive((state) => state.models.items);
  const { ids, failure } = useRouterModels();
  const names = new Set(own.map(({ id }) => id));
  const others = ids.filter((id) => !names.has(id));
  const standing = typeof active === 'string' && active !== '' ? active : (own[0]?.id ?? others[0] ?? '');
  return { model: chosen ?? standing, own, others, failure };
}
