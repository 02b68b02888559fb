// The timeouts, and how many requests are kept, as they are typed. Pure.
import type { Settings } from '@/api/types.ts';
import type { Errors } from '@/components/useForm.ts';

export type TimeoutKey = 'connect_timeout_s' | 'first_byte_timeout_s' | 'idle_timeout_s';
export type Draft = Record<TimeoutKey, string>;

export const TIMEOUTS: Record<TimeoutKey, { label: string; help: string; usual: number }> = {
  connect_timeout_s: { label: 'Connect', help: 'Until a provider accepts the connection.', usual: 10 },
  first_byte_timeout_s: { label: 'First byte', help: 'From the request until the answer begins.', usual: 600 },
  idle_timeout_s: { label: 'Idle', help: 'Between two pieces of an answer.', usual: 300 },
};

export const KEYS = Object.keys(TIMEOUTS) as TimeoutKey[];

/** The longest one that the server takes: a day. */
const LONGEST_S = 86_400;

export function draftOf(settings: Settings | null): Draft {
  const text = (key: TimeoutKey) => String(settings?.[key] ?? TIMEOUTS[key].usual);
  return Object.fromEntries(KEYS.map((key) => [key, text(key)])) as Draft;
}

export function check(draft: Draft): Errors<Draft> {
  const wrong = KEYS.filter((key) => secondsOf(draft[key]) === null);
  return Object.fromEntries(wrong.map((key) => [key, `Seconds: more than 0, ${LONGEST_S} at most.`]));
}

/** What was typed, in seconds; people write a decimal comma too. */
export function secondsOf(text: string): number | null {
  const typed = text.trim().replace(',', '.');
  const seconds = /^\d*\.?\d+$/.test(typed) ? Number(typed) : 0;
  return seconds > 0 && seconds <= LONGEST_S ? seconds : null;
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
