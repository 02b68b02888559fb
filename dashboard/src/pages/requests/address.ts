// What the page's address says of the view. Pure.
import { ANY, type Filter } from '@/state/requests/filter.ts';

export type Address = Filter & {
  /** The request whose details are open. */
  readonly id: number | null;
};

const KEYS = ['outcome', 'provider', 'model', 'process'] as const;

export function readAddress(search: URLSearchParams): Address {
  const chosen = Object.fromEntries(KEYS.map((key) => [key, search.get(key) || null]));
  const id = Number(search.get('id') || Number.NaN);
  return { ...ANY, ...chosen, text: search.get('q') ?? '', id: Number.isSafeInteger(id) ? id : null };
}

/** What is as usual is left out. */
export function writeAddress({ text, id, ...chosen }: Address): Record<string, string> {
  const given = KEYS.flatMap((key): [string, string][] => (chosen[key] === null ? [] : [[key, chosen[key]]]));
  return {
    ...Object.fromEntries(given),
    ...(text === '' ? {} : { q: text }),
    ...(id === null ? {} : { id: String(id) }),
  };
}
