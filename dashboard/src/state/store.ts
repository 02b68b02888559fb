// The one store of live state. It is changed by `dispatch` alone; everything that can be derived is in `select.ts`.
import { useStore } from 'zustand';
import { createStore } from 'zustand/vanilla';
import { apply, initial, type Live, type Message } from './live.ts';

/** What is so. Its subscribers are told of every single message. */
export const live = createStore<Live>(() => initial);

/** What components show: as above, but once for messages that came together. */
const shown = createStore<Live>(() => initial);

let together = false;

live.subscribe((state) => {
  if (!together) shown.setState(state, true);
});

/** Folds the messages in, in their order. */
export function dispatch(...messages: readonly Message[]): void {
  together = true;
  try {
    for (const message of messages) live.setState((state) => apply(state, message), true);
  } finally {
    together = false;
    shown.setState(live.getState(), true);
  }
}

/** Renders again when what the selector returns has changed, by identity. */
export function useLive<T>(selector: (state: Live) => T): T {
  return useStore(shown, selector);
}
