// How the providers are, as the router sees them: asked again and again while a page shows it.
import { useEffect, useState } from 'react';
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

/** By the ids of the providers. */
export type Healths = Readonly<Record<string, Health>>;

/** How often it is asked. */
const EVERY_MS = 2_000;

/** Null: no router runs that could know. Asked anew at once when a provider has changed. */
export function useHealth(): Healths | null {
  const online = useLive((state) => state.connection === 'live');
  const providers = useLive((state) => state.providers);
  const [healths, setHealths] = useState<Healths | null>(null);
  // biome-ignore lint/correctness/useExhaustiveDependencies: another provider may be otherwise
  useEffect(() => {
    if (!online) return;
    const abort = new AbortController();
    const ask = async () => {
      if (document.hidden) return;
      const answer = await request<{ health?: unknown }>('get', '/api/providers', { signal: abort.signal }).catch(
        () => null,
      );
      if (!abort.signal.aborted) setHealths(healthsIn(answer?.health));
    };
    void ask();
    const timer = setInterval(ask, EVERY_MS);
    return () => {
      abort.abort();
      clearInterval(timer);
    };
  }, [online, providers]);
  return healths;
}

export function healthsIn(raw: unknown): Healths | null {
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
