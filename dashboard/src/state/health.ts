// How the providers are, as the router sees them: asked again and again while a page shows it.
import { useEffect } from 'react';
import { create } from 'zustand';
import { request } from '@/api/client.ts';
import { useLive } from './store.ts';

export type Health = {
  /** `ok`, `error`, `failing`, `cooling_down`, `rejected`, `unknown`, `disabled`, or what a newer server says. */
  readonly status: string;
  readonly error: string | null;
  /** How many it has. */
  readonly models: number | null;
  /** When it is asked again. */
  readonly retryInMs: number | null;
};

/** Since when it is so, as far as this page has seen, in ms since the epoch. */
export type Seen = Health & { readonly since: number };

/** By the ids of the providers. */
type ById<T> = Readonly<Record<string, T>>;

/** Kept while no page shows it: what is the same afterwards is no news. */
const useSeen = create<{ seen: ById<Seen> | null }>(() => ({ seen: null }));

/** How often it is asked. */
const EVERY_MS = 2_000;

/** Null: no router runs that could know. Asked anew at once when a provider has changed. */
export function useHealth(): ById<Seen> | null {
  const online = useLive((state) => state.connection === 'live');
  const providers = useLive((state) => state.providers);
  // biome-ignore lint/correctness/useExhaustiveDependencies: another provider may be otherwise
  useEffect(() => {
    if (!online) return;
    const abort = new AbortController();
    const ask = async () => {
      if (document.hidden) return;
      const answer = await request<{ health?: unknown }>('get', '/api/providers', { signal: abort.signal }).catch(
        () => null,
      );
      if (abort.signal.aborted) return;
      useSeen.setState(({ seen }) => ({ seen: seenNow(seen, healthsIn(answer?.health), Date.now()) }));
    };
    void ask();
    const timer = setInterval(ask, EVERY_MS);
    return () => {
      abort.abort();
      clearInterval(timer);
    };
  }, [online, providers]);
  return useSeen((state) => state.seen);
}

/** What is now, with when each became so. */
export function seenNow(before: ById<Seen> | null, now: ById<Health> | null, time: number): ById<Seen> | null {
  if (now === null) return null;
  const entries = Object.entries(now).map(([id, health]): [string, Seen] => {
    const last = before?.[id];
    const same = last?.status === health.status && last.error === health.error;
    return [id, { ...health, since: same ? last.since : time }];
  });
  return Object.fromEntries(entries);
}

export function healthsIn(raw: unknown): ById<Health> | null {
  if (typeof raw !== 'object' || raw === null) return null;
  const entries = Object.entries(raw as Record<string, Record<string, unknown> | null>);
  return Object.fromEntries(
    entries.flatMap(([id, one]) => (typeof one?.status === 'string' ? [[id, healthOf(one)]] : [])),
  );
}

function healthOf({ status, error, models, retryInMs }: Record<string, unknown>): Health {
  const numberOr = (value: unknown) => (typeof value === 'number' ? value : null);
  return {
    status: String(status),
    error: typeof error === 'string' ? error : null,
    models: numberOr(models),
    retryInMs: numberOr(retryInMs),
  };
}
