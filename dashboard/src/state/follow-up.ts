// What the live state itself asks for: a snapshot where events are missing, and what only a call can tell.
import { call } from '@/api/client.ts';
import type { Process } from '@/api/types.ts';
import { configOf } from './configs.ts';
import type { Live } from './live.ts';
import { fetchSettings, followSettings } from './settings.ts';
import { dispatch, live } from './store.ts';
import { readProcess } from './wire.ts';

const RETRY_MS = 500;

/** When a process that starts is asked for its pid: the event of `starting` comes before the spawn. */
const SPAWNED_MS = [500, 3_000];

/** From now on. */
export function followUp(): void {
  followSettings();
  live.subscribe((state, before) => {
    if (state.missing && !before.missing) void fetchSnapshot();
    if (state.processes !== before.processes) askForPids(state, before);
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

const awaitsPid = (process: Process | undefined) => process?.state === 'starting' && process.pid == null;

/** Each process that has begun to start is asked a little later, and once more. */
function askForPids(state: Live, before: Live): void {
  for (const id of state.ids) {
    const [was, process] = [before.processes[id], state.processes[id]];
    const isNew = was !== process && (was?.state !== 'starting' || was.since !== process?.since);
    if (!process || !isNew || !awaitsPid(process)) continue;
    for (const ms of SPAWNED_MS) setTimeout(() => void askForPid(process), ms);
  }
}

async function askForPid({ id, since }: Process): Promise<void> {
  const { processes, connection, epoch } = live.getState();
  if (connection !== 'live' || epoch === null || !awaitsPid(processes[id]) || processes[id]?.since !== since) return;
  const process = readProcess(await call('get', '/api/processes/{id}', { params: { id } }).catch(() => null));
  if (process?.pid != null) dispatch({ kind: 'spawned', epoch, process });
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
