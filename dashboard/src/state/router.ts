// The router as this page can reach it: its address and the models that it lists.
import { useEffect, useState } from 'react';
import type { Process } from '@/api/types.ts';
import { useLive } from './store.ts';

export const ROUTER = 'providerRouter';

/** The two built-in servers, which speak OpenAI's protocol. */
export const PROXIES: ReadonlySet<string> = new Set([ROUTER, 'qwenProxy']);

/** Where the router answers, seen from this page; null: it has no port. */
export function baseUrlOf(router: Pick<Process, 'port'> | undefined): string | null {
  return router?.port == null ? null : `http://${window.location.hostname}:${router.port}/v1`;
}

/** A model as the router lists it. */
export type FoundModel = {
  id: string;
  /** Whose it is; null: the router did not say. */
  providerId: string | null;
  /** Whether the provider can be asked now. */
  available: boolean;
};

export type RouterModels = {
  ids: readonly string[];
  models: readonly FoundModel[];
  /** Why they are not known. */
  failure: string | null;
};

const NONE: RouterModels = { ids: [], models: [], failure: null };

/** What the router lists while it runs; asked again when it has started or the catalog has changed. */
export function useRouterModels(): RouterModels {
  const router = useLive((state) => state.processes[ROUTER]);
  const providers = useLive((state) => state.providers);
  const models = useLive((state) => state.models);
  const [listed, setListed] = useState(NONE);
  const base = router?.running ? baseUrlOf(router) : null;
  const generation = router?.generation;
  // biome-ignore lint/correctness/useExhaustiveDependencies: another generation or catalog may list others
  useEffect(() => {
    if (base === null) return setListed(NONE);
    const abort = new AbortController();
    listModels(base, abort.signal).then(setListed, (thrown) => {
      if (!abort.signal.aborted) setListed((before) => ({ ...before, failure: wordsOf(thrown) }));
    });
    return () => abort.abort();
  }, [base, generation, providers, models]);
  return listed;
}

async function listModels(base: string, signal: AbortSignal): Promise<RouterModels> {
  const response = await fetch(`${base}/models`, { signal });
  const body: unknown = await response.json();
  if (!response.ok) throw new Error(errorTextOf(body) ?? `The router answered ${response.status}.`);
  const models = readModels(body);
  return { ids: models.map(({ id }) => id), models, failure: null };
}

/** The models of a list in OpenAI's protocol, each id once. */
export function readModels(body: unknown): FoundModel[] {
  const data = (body as { data?: unknown } | null)?.data;
  const byId = new Map<string, FoundModel>();
  for (const model of Array.isArray(data) ? data : []) {
    if (typeof model?.id !== 'string' || byId.has(model.id)) continue;
    const providerId = typeof model.owned_by === 'string' ? model.owned_by : null;
    byId.set(model.id, { id: model.id, providerId, available: model.available !== false });
  }
  return [...byId.values()];
}

/** The message of an error as OpenAI's protocol has it; null where it is none. */
export function errorTextOf(body: unknown): string | null {
  const error = (body as { error?: unknown } | null)?.error;
  if (typeof error === 'string') return error;
  const message = (error as { message?: unknown } | null | undefined)?.message;
  return typeof message === 'string' ? message : null;
}

/** A `TypeError` is all that a browser says of a connection that did not come about. */
export function wordsOf(thrown: unknown): string {
  if (thrown instanceof TypeError) return 'The router did not answer this page.';
  return thrown instanceof Error ? thrown.message : String(thrown);
}
