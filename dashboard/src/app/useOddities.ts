import { useEffect } from 'react';
import { useLive } from '@/state/store.ts';
import { toast } from '@/state/toasts.ts';

/** Says what of the server's words this page did not understand. */
export function useOddities(): void {
  const oddity = useLive((state) => state.oddity);
  useEffect(() => {
    if (oddity) toast('error', oddity);
  }, [oddity]);
}
