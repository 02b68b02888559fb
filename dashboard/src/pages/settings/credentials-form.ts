// Qwen's credentials as they are typed: what is wrong with them, and what is sent. Pure.
import type { NewQwenCredentials, QwenCredentials, QwenRegion } from '@/api/types.ts';
import type { Errors } from '@/components/useForm.ts';
import { keyError, urlError } from '@/pages/shared/checks.ts';

export type Draft = {
  apiKey: string;
  region: QwenRegion;
  baseUrl: string;
  /** The last day on which the key is valid, as `2026-01-31`; empty: not known. */
  expiresAt: string;
};

export const EMPTY: Draft = { apiKey: '', region: 'intl', baseUrl: '', expiresAt: '' };

/** What stands in the form before anything is typed: what is stored, but for the key and its end, which a new one has not. */
export const draftOf = (known: QwenCredentials | null): Draft => ({
  ...EMPTY,
  ...(known?.region ? { region: known.region } : {}),
  baseUrl: known?.baseUrl ?? '',
});

export const REGIONS: Record<QwenRegion, string> = {
  intl: 'International (Singapore)',
  cn: 'China (Beijing)',
  us: 'United States (Virginia)',
};

export function check(draft: Draft, now: number): Errors<Draft> {
  const errors: Errors<Draft> = {};
  const apiKey = draft.apiKey.trim() === '' ? 'Enter the key.' : keyError(draft.apiKey);
  if (apiKey) errors.apiKey = apiKey;
  const baseUrl = draft.baseUrl.trim() === '' ? null : urlError(draft.baseUrl);
  if (baseUrl) errors.baseUrl = baseUrl;
  const end = endOf(draft.expiresAt);
  if (draft.expiresAt !== '' && end === null) errors.expiresAt = 'This is not a day.';
  else if (end !== null && end < now) errors.expiresAt = 'This day is over: the key would be expired already.';
  return errors;
}

export function bodyOf({ apiKey, region, baseUrl, expiresAt }: Draft): NewQwenCredentials {
  const end = endOf(expiresAt);
  const url = baseUrl.trim().replace(/\/+$/, '');
  return {
    apiKey: apiKey.trim(),
    region,
    ...(url ? { baseUrl: url } : {}),
    ...(end === null ? {} : { expiresAt: end }),
  };
}

/** The last moment of a day where this page is looked at. */
export function endOf(day: string): number | null {
  const match = /^(\d{4})-(\d{2})-(\d{2})$/.exec(day);
  if (!match) return null;
  const [year, month, date] = match.slice(1).map(Number) as [number, number, number];
  const end = new Date(year, month - 1, date, 23, 59, 59, 999);
  return end.getMonth() === month - 1 && end.getDate() === date ? end.getTime() : null;
}
