// Pages that could not be fetched. A browser remembers that for as long as the document lives, so that once the
// connection is back only a new document has them.
import { create } from 'zustand';
import { live } from '@/state/store.ts';

const useUnfetched = create(() => ({ some: false, isBack: false }));

live.subscribe((state, before) => {
  const returned = state.connection === 'live' && before.connection !== 'live';
  if (returned && useUnfetched.getState().some) useUnfetched.setState({ isBack: true });
});

/** A page could not be fetched, for this reason. */
export function noteUnfetched(reason: unknown): never {
  useUnfetched.setState({ some: true });
  throw reason;
}

/** Whether a page could not be fetched, and the connection has come back since. */
export const useReturned = (): boolean => useUnfetched(({ isBack }) => isBack);
