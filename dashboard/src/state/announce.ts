// Says each transition once to those who hear the page rather than see it.
import { create } from 'zustand';
import type { Live } from './live.ts';
import { live } from './store.ts';

export type Announcement = { id: number; urgent: boolean; text: string };

/** How long a text stays to be read; what is added later is read by itself. */
const LIFE_MS = 10_000;

/** How many stay; a thousand processes that start at once are not to fill the page. */
const MOST = 40;

export const useAnnouncements = create<{ said: readonly Announcement[] }>(() => ({ said: [] }));

let last = 0;

export function announce(text: string, urgent = false): void {
  last += 1;
  const id = last;
  useAnnouncements.setState(({ said }) => ({ said: [...said, { id, urgent, text }].slice(-MOST) }));
  setTimeout(() => {
    useAnnouncements.setState(({ said }) => ({ said: said.filter((other) => other.id !== id) }));
  }, LIFE_MS);
}

/** Announces what changes from now on. */
export function announceTransitions(): () => void {
  return live.subscribe((state, before) => {
    for (const { text, urgent } of transitionsBetween(before, state)) announce(text, urgent);
  });
}

export function transitionsBetween(before: Live, state: Live): { text: string; urgent: boolean }[] {
  const back = before.connection === 'reconnecting' && state.connection === 'live';
  const ids = state.processes === before.processes ? [] : state.ids;
  const news = ids.flatMap((id) => {
    const [was, is] = [before.processes[id], state.processes[id]];
    if (!was || !is || (was.state === is.state && was.message === is.message)) return [];
    return [{ text: `${is.title}: ${is.message}`, urgent: is.state === 'error' }];
  });
  return back ? [{ text: 'Connected', urgent: false }, ...news] : news;
}
