// The timeouts, and how many requests are kept, as they are typed. Pure.
import type { Settings } from '@/api/types.ts';
import type { Errors } from '@/components/useForm.ts';
import { NO_SECONDS, secondsOf, TIMEOUTS, type TimeoutKey } from '@/pages/shared/timeouts.ts';

export type Draft = Record<TimeoutKey, string>;

export const KEYS = Object.keys(TIMEOUTS) as TimeoutKey[];

export function draftOf(settings: Settings | null): Draft {
  const text = (key: TimeoutKey) => String(settings?.[key] ?? TIMEOUTS[key].usual);
  return Object.fromEntries(KEYS.map((key) => [key, text(key)])) as Draft;
}

export function check(draft: Draft): Errors<Draft> {
  const wrong = KEYS.filter((key) => secondsOf(draft[key]) === null);
  return Object.fromEntries(wrong.map((key) => [key, NO_SECONDS]));
}

/** Those that differ from what holds. */
export function changesOf(draft: Draft, settings: Settings | null): [TimeoutKey, number][] {
  return KEYS.flatMap((key): [TimeoutKey, number][] => {
    const seconds = secondsOf(draft[key]);
    return seconds === null || seconds === settings?.[key] ? [] : [[key, seconds]];
  });
}

export type RowsDraft = { rows: string };

/** The most that the server keeps. */
const MOST_ROWS = 1_000_000;

export function checkRows({ rows }: RowsDraft): Errors<RowsDraft> {
  const isWhole = /^\d{1,7}$/.test(rows.trim()) && Number(rows) <= MOST_ROWS;
  return isWhole ? {} : { rows: 'A whole number from 0 to 1,000,000.' };
}
