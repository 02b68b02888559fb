import { useMemo } from 'react';
import { type View, viewOf, viewsOf } from './select.ts';
import { useLive } from './store.ts';

/** All processes as they are shown, in the order of the configuration. */
export function useViews(): View[] {
  const ids = useLive((state) => state.ids);
  const processes = useLive((state) => state.processes);
  const pending = useLive((state) => state.pending);
  return useMemo(() => viewsOf({ ids, processes, pending }), [ids, processes, pending]);
}

/** One process as it is shown; null where there is none of this id. */
export function useView(id: string): View | null {
  const process = useLive((state) => state.processes[id]);
  const pending = useLive((state) => state.pending[id]);
  return useMemo(() => (process ? viewOf(process, pending) : null), [process, pending]);
}
