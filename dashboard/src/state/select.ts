// What is derived from the live state: words, the process that the status bar speaks of, counts.
import type { Overall, Process, State } from '@/api/types.ts';
import { isKnownState, type Live, type Order, type Pending } from './live.ts';

/** A process as it is shown: what the server says, save what a click has just ordered. */
export type View = {
  process: Process;
  state: State | 'unknown';
  message: string;
  pending: Pending | null;
};

const ORDERED: Record<NonNullable<Pending['shows']>, string> = { starting: 'Starting...', stopping: 'Stopping...' };

/** The view of each process as it was asked for last: the same question gets the same object. */
const lastViews = new WeakMap<Process, View>();

export function viewOf(process: Process, pending: Pending | undefined): View {
  const known = lastViews.get(process);
  if (known && known.pending === (pending ?? null)) return known;
  const view = lookAt(process, pending);
  lastViews.set(process, view);
  return view;
}

function lookAt(process: Process, pending: Pending | undefined): View {
  const shows = pending?.shows ?? null;
  if (pending && shows) return { process, state: shows, message: ORDERED[shows], pending };
  const state = isKnownState(process.state) ? process.state : 'unknown';
  return { process, state, message: process.message, pending: pending ?? null };
}

export function viewsOf(state: Pick<Live, 'ids' | 'processes' | 'pending'>): View[] {
  return state.ids.flatMap((id) => {
    const process = state.processes[id];
    return process ? [viewOf(process, state.pending[id])] : [];
  });
}

/** Of all processes together, by the server's own rule. */
export function overallOf(views: readonly View[]): Overall {
  const any = (wanted: State) => views.some((view) => view.state === wanted);
  if (any('starting')) return 'starting';
  if (any('stopping')) return 'stopping';
  if (views.length > 0 && views.every((view) => view.state === 'running')) return 'running';
  if (any('running')) return 'partial';
  return any('error') ? 'error' : 'stopped';
}

/** `2 of 3 running`. */
export function summaryOf(views: readonly View[]): string {
  const running = views.filter((view) => view.state === 'running').length;
  return views.length === 0 ? '' : `${running} of ${views.length} running`;
}

/** Whether what is shown is only what was known when the connection was lost. */
export const isLastKnown = ({ connection }: Pick<Live, 'connection'>): boolean =>
  connection === 'reconnecting' || connection === 'token';

/** Why an order cannot be given now; null if it can. */
export function refusalOf(want: Order, view: View, connection: Live['connection']): string | null {
  if (connection !== 'live') return 'Waits for the connection to the server';
  return REFUSALS[want][view.state] ?? null;
}

const REFUSALS: Record<Order, Partial<Record<View['state'], string>>> = {
  start: { starting: 'It is starting already', running: 'It is running already' },
  stop: { stopping: 'It is stopping already', stopped: 'It is stopped already' },
  restart: {},
};

/** Why all processes cannot be ordered to now. */
export function refusalOfAll(want: 'start' | 'stop', views: readonly View[], connection: Live['connection']) {
  const refusals = views.map((view) => refusalOf(want, view, connection));
  if (connection !== 'live') return 'Waits for the connection to the server';
  if (views.length === 0) return 'There are no processes yet';
  if (!refusals.every((refusal) => refusal !== null)) return null;
  return want === 'start' ? 'All of them run or start already' : 'All of them are stopped or stopping already';
}

/** Whose message the status bar shows. Until the server has said which, the one that it would choose by itself. */
export function primaryIdOf({ primary, ids }: Pick<Live, 'primary' | 'ids'>): string | undefined {
  return primary ?? ids.find((id) => id === 'providerRouter') ?? ids[0];
}

/** `detail`: what it says of itself meanwhile. */
export type LifecycleLine = { state: View['state']; text: string; id: string; detail?: string };

/** The primary process's message; or, where that one is well and another is not, the other's title and message. */
export function lifecycleLineOf(views: readonly View[], primary: string | undefined): LifecycleLine | null {
  const main = views.find((view) => view.process.id === primary) ?? views[0];
  if (!main) return null;
  const calm = main.state === 'running' || main.state === 'stopped';
  const failed = calm ? views.find((view) => view.state === 'error') : undefined;
  const { id, state, detail } = main.process;
  const said = detail != null && state === 'stopping' ? { detail } : {};
  if (!failed) return { state: main.state, text: main.message, id, ...said };
  return { state: 'error', text: `${failed.process.title}: ${failed.message}`, id: failed.process.id };
}

export type CredentialsWord = 'Authenticated' | 'Expired' | 'Rejected' | 'No credentials';

export function credentialsWordOf({ hasCredentials, isExpired, valid }: Live['credentials']): CredentialsWord {
  if (!hasCredentials) return 'No credentials';
  if (isExpired) return 'Expired';
  return valid ? 'Authenticated' : 'Rejected';
}

export function activeProviderOf({ settings, providers }: Pick<Live, 'settings' | 'providers'>): string | null {
  const id = textOf(settings?.active_provider);
  return providers.items.find((provider) => provider.id === id)?.name ?? id;
}

export function activeModelOf({ settings, models }: Pick<Live, 'settings' | 'models'>): string | null {
  const id = textOf(settings?.active_model);
  return models.items.find((model) => model.id === id)?.name ?? id;
}

const textOf = (value: unknown) => (typeof value === 'string' && value !== '' ? value : null);

/** Why nothing can be changed now; null if it can. */
export const waitsOf = ({ connection }: Pick<Live, 'connection'>): string | null =>
  connection === 'live' ? null : 'Waits for the connection to the server';

/** `1 model`, `1,204 models`. */
export const modelCountOf = (count: number) => `${count.toLocaleString('en')} ${count === 1 ? 'model' : 'models'}`;
