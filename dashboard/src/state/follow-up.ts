// What the live state itself asks for: a snapshot where events are missing, and what only a call can tell.
import { call } from '@/api/client.ts';
import { configOf } from './configs.ts';
import type { Live } from './live.ts';
import { fetchSettings, followSettings } from './settings.ts';
import { dispatch, live } from './store.ts';

const RETRY_MS = 500;

/** From now on. */
export function followUp(): void {
  followSettings();
  live.subscribe((state, before) => {
    if (state.missing && !before.missing) void fetchSnapshot();
    const connected = state.connection === 'live' && before.connection !== 'live';
    const restarted = state.connection === 'live' && state.epoch !== before.epoch;
    if (connected || restarted) {
      void fetchPrimary(state);
      void fetchSettings();
    } else if (state.connection === 'live' && namesChanged(state, before)) {
      void fetchSettings();
    }
  });
}

const namesChanged = (state: Live, before: Live) =>
  state.providers !== before.providers || state.models !== before.models;

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
