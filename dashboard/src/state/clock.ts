// One clock for all that ticks: it runs while something that is seen needs it.
import { useSyncExternalStore } from 'react';
import { live } from './store.ts';

const TICK_MS = 1_000;

const listeners = new Set<() => void>();
let timer: ReturnType<typeof setInterval> | undefined;
let now = Date.now();

function tick(): void {
  // What was known when the connection was lost does not grow older by itself.
  if (document.hidden || live.getState().connection !== 'live') return;
  now = Date.now();
  for (const listener of listeners) listener();
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  if (listeners.size === 1) {
    now = Date.now();
    timer = setInterval(tick, TICK_MS);
    document.addEventListener('visibilitychange', tick);
  }
  return () => {
    listeners.delete(listener);
    if (listeners.size > 0) return;
    clearInterval(timer);
    document.removeEventListener('visibilitychange', tick);
  };
}

const idle = () => () => {};

/** The server's time in ms, once a second while `active`. */
export function useServerNow(active: boolean): number {
  return useSyncExternalStore(active ? subscribe : idle, () => now) + live.getState().clockAhead;
}

const MINUTE_MS = 60_000;

/** The server's time, once a minute. */
export function useMinute(): number {
  const minute = useSyncExternalStore(subscribe, () => Math.floor((now + live.getState().clockAhead) / MINUTE_MS));
  return minute * MINUTE_MS;
}
