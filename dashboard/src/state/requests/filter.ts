// Which requests are wanted. Pure.
import { kindOf, type RequestRow } from './row.ts';

export type Filter = {
  /** `in_flight`, `failed`, or an outcome by its name; null: any. */
  readonly outcome: string | null;
  readonly provider: string | null;
  readonly model: string | null;
  readonly process: string | null;
  /** Words, each of which is somewhere in the row; empty: none. */
  readonly text: string;
};

export const ANY: Filter = { outcome: null, provider: null, model: null, process: null, text: '' };

export const isAny = (filter: Filter) => Object.values(filter).every((value) => value === null || value === '');

/** `wordsOf`: what the row says to a person, so that what is read can be searched for. */
export function matcherOf(filter: Filter, wordsOf: (row: RequestRow) => string): (row: RequestRow) => boolean {
  const words = filter.text.toLowerCase().split(/\s+/).filter(Boolean);
  return (row) => {
    if (filter.outcome !== null && !hasOutcome(row, filter.outcome)) return false;
    if (filter.provider !== null && row.provider !== filter.provider) return false;
    if (filter.model !== null && row.model !== filter.model) return false;
    if (filter.process !== null && row.process !== filter.process) return false;
    if (words.length === 0) return true;
    const text = wordsOf(row).toLowerCase();
    return words.every((word) => text.includes(word));
  };
}

function hasOutcome(row: RequestRow, wanted: string): boolean {
  if (wanted === 'failed') return kindOf(row) === 'failed';
  return wanted === 'in_flight' ? row.outcome === null : row.outcome === wanted;
}

/** What the server leaves out by itself, however far back one reads; the rest is left out here. */
export type Query = { readonly [K in 'outcome' | 'provider' | 'model' | 'process']?: string };

export function queryOf({ outcome, provider, model, process }: Filter): Query {
  return {
    ...(outcome === null || outcome === 'failed' ? {} : { outcome }),
    ...(provider === null ? {} : { provider }),
    ...(model === null ? {} : { model }),
    ...(process === null ? {} : { process }),
  };
}
