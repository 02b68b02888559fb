import { useEffect } from 'react';
import { useLive } from '@/state/store.ts';
import { pages } from './routes.tsx';

/** Fetches all pages once there is nothing else to do, so that they are there also while the connection is not. */
export function usePreload(): void {
  const online = useLive((state) => state.connection === 'live');
  useEffect(() => {
    if (!online) return;
    const abort = new AbortController();
    void preloadAll(abort.signal);
    return () => abort.abort();
  }, [online]);
}

/** One after the other, so that none of them keeps anybody waiting. */
async function preloadAll(signal: AbortSignal): Promise<void> {
  for (const { preload } of pages) {
    await untilIdle();
    if (signal.aborted) return;
    await preload?.();
  }
}

/** Where a browser cannot tell, a moment later. */
const LATER_MS = 200;

const untilIdle = () =>
  new Promise<unknown>((done) => {
    if ('requestIdleCallback' in window) requestIdleCallback(done);
    else setTimeout(done, LATER_MS);
  });
