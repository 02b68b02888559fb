// What the live state itself asks for: a snapshot where events are missing, and what only a call can tell.
import { call, request } from '@/api/client.ts';
import type { Settings } from '@/api/types.ts';
import { configOf } from './configs.ts';
import type { Live } from './live.ts';
import { dispatch, live } from './store.ts';

const RETRY_MS = 500;

/** From now on. */
export function followUp(): void {
  // No event tells of a setting that another page or program has changed.
  document.addEventListener('visibilitychange', () => {
    if (!document.hidden && live.getState().connection === 'live') void fetchSettings();
  });
  live.subscribe((state, before) => {
    if (state.missing && !before.missing) void fetchSnapshot();
    const connected = state.connection === 'live' && before.connection !== 'live';
    const restarted = state.connection === 'live' && state.epoch !== before.epoch;
    if (connected || restarted) {
      void fetchPrimary(state);
      void fetchSettings();
    } else if (state.providers !== before.providers || state.models !== before.models) {
      void fetchSettings();
    }
  });
}

/** Asks until nothing is missing any more; a new connection brings a snapshot of its own. */
async function fetchSnapshot(): Promise<void> {
  while (live.getState().missing && live.getState().connection === 'live') {
    const status = await call('get', '/api/proxy/status').catch(() => null);
    if (status) dispatch({ kind: 'status', source: 'answer', status });
    if (live.getState().missing) await new Promise((done) => setTimeout(done, RETRY_MS));
  }
}

/** Only a process's configuration says that it is the primary one. The likely ones are asked first. */
async function fetchPrimary({ ids, epoch, primary }: Live): Promise<void> {
  if (primary !== null || epoch === null) return;
  const likely = [...ids].sort((a, b) => Number(b === 'providerRouter') - Number(a === 'providerRouter'));
  for (const id of likely) {
    const config = await configOf(id).catch(() => null);
    if (config?.primary) return dispatch({ kind: 'primary', epoch, id });
  }
}

/** Reads the settings again; pages call it after they have changed one, as no event tells of that. */
export async function fetchSettings(): Promise<void> {
  const answer = await request<{ settings: Settings }>('get', '/api/settings').catch(() => null);
  if (answer) dispatch({ kind: 'settings', settings: answer.settings });
}
