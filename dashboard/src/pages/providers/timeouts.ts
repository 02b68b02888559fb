// A provider's own timeouts as they are typed. One that is left empty is as the settings say. Pure.
import type { Provider } from '@/api/types.ts';
import type { Errors } from '@/components/useForm.ts';
import { NO_SECONDS, secondsOf, type TimeoutKey } from '@/pages/shared/timeouts.ts';

export type TimeoutField = 'connectTimeout' | 'firstByteTimeout' | 'idleTimeout';
export type Timeouts = Record<TimeoutField, string>;

/** The setting that holds where the field is empty. */
export const SETTING_OF: Record<TimeoutField, TimeoutKey> = {
  connectTimeout: 'connect_timeout_s',
  firstByteTimeout: 'first_byte_timeout_s',
  idleTimeout: 'idle_timeout_s',
};

export const FIELDS = Object.keys(SETTING_OF) as TimeoutField[];

export function timeoutsOf(provider: Partial<Pick<Provider, TimeoutField>>): Timeouts {
  return Object.fromEntries(FIELDS.map((field) => [field, String(provider[field] ?? '')])) as Timeouts;
}

export function checkTimeouts(draft: Timeouts): Errors<Timeouts> {
  const wrong = FIELDS.filter((field) => draft[field].trim() !== '' && secondsOf(draft[field]) === null);
  return Object.fromEntries(wrong.map((field) => [field, NO_SECONDS]));
}

/** Those that differ from what is stored; null: as the settings say. */
export function timeoutsToSend(draft: Timeouts, stored: Partial<Pick<Provider, TimeoutField>>) {
  const typed = FIELDS.map((field) => [field, secondsOf(draft[field])] as const);
  return Object.fromEntries(typed.filter(([field, seconds]) => seconds !== (stored[field] ?? null)));
}
