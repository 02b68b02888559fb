import { useMemo } from 'react';
import { useLive } from '@/state/store.ts';
import type { Names } from './Row.tsx';

/** What the Qwen proxy asks: no provider of the catalog. */
const MODEL_STUDIO = ['qwen', 'Model Studio'] as const;

/** What providers and processes are called; one that is not there any more is called by its id. */
export function useNames(): Names {
  const providers = useLive((state) => state.providers.items);
  const titles = useLive((state) => JSON.stringify(state.ids.map((id) => [id, state.processes[id]?.title ?? id])));
  return useMemo(() => {
    const byProvider = new Map([MODEL_STUDIO, ...providers.map(({ id, name }) => [id, name] as const)]);
    const byProcess = new Map<string, string>(JSON.parse(titles));
    return {
      providerOf: (id: string) => byProvider.get(id) ?? id,
      processOf: (id: string) => byProcess.get(id) ?? id,
    };
  }, [providers, titles]);
}
