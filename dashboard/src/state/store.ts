// The one store of live state. It is changed by `dispatch` alone; everything that can be derived is in `select.ts`.
import { useStore } from 'zustand';
import { createStore } from 'zustand/vanilla';
import { apply, initial, type Live, type Message } from './live.ts';

export const live = createStore<Live>(() => initial);

export function dispatch(message: Message): void {
  live.setState((state) => apply(state, message), true);
}

/** Renders again when what the selector returns has changed, by identity. */
export function useLive<T>(selector: (state: Live) => T): T {
  return useStore(live, selector);
}
