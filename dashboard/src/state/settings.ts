// The settings: read, changed, and known to all tabs.
import { call } from '@/api/client.ts';
import { dispatch, live } from './store.ts';

export type SettingKey =
  | 'active_provider'
  | 'active_model'
  | 'fallback'
  | 'fallback_order'
  | 'request_log_max_rows'
  | 'connect_timeout_s'
  | 'first_byte_timeout_s'
  | 'idle_timeout_s';

/** Tabs of one browser tell each other. */
const tabs = typeof BroadcastChannel === 'undefined' ? null : new BroadcastChannel('signalbox.settings');

let asked = 0;

/** Reads the settings again. Of several answers on their way, the one to the newest question counts. */
export async function fetchSettings(): Promise<void> {
  asked += 1;
  const question = asked;
  const answer = await call('get', '/api/settings').catch(() => null);
  if (answer && question === asked) dispatch({ kind: 'settings', settings: answer.settings });
}

/** Throws a `Failure`. */
export async function setSetting(
  key: SettingKey,
  value: string | number | boolean | readonly string[] | null,
): Promise<void> {
  learn(await call('put', '/api/settings/{key}', { params: { key }, body: { value } }));
}

/** Gives a setting its default again. Throws a `Failure`. */
export async function unsetSetting(key: SettingKey): Promise<void> {
  learn(await call('delete', '/api/settings/{key}', { params: { key } }));
}

function learn({ key, value }: { key: string; value?: unknown }): void {
  // An answer to an older question must not take this back.
  asked += 1;
  dispatch({ kind: 'settings', settings: { ...live.getState().settings, [key]: value } });
  tabs?.postMessage(key);
}

/** Reads them again when another tab has changed one, and when this one is looked at again: no event tells of that. */
export function followSettings(): void {
  const read = () => {
    if (!document.hidden && live.getState().connection === 'live') void fetchSettings();
  };
  tabs?.addEventListener('message', () => void fetchSettings());
  document.addEventListener('visibilitychange', read);
  window.addEventListener('focus', read);
}
