// What the page's address says of the view, so that a link brings the same one. Pure.
import type { Stream } from '@/api/types.ts';

export type Address = {
  /** Null: all. */
  readonly processes: readonly string[] | null;
  /** The expression that is searched for; empty: none. */
  readonly source: string;
  readonly matchCase: boolean;
  /** Whether what does not match is left out, or stays and is gone through. */
  readonly mode: 'filter' | 'find';
  /** Null: both. */
  readonly stream: Stream | null;
};

export function readAddress(search: URLSearchParams): Address {
  const processes = (search.get('p') ?? '').split(',').filter((id) => id !== '');
  const stream = search.get('stream');
  return {
    processes: processes.length > 0 ? processes : null,
    source: search.get('q') ?? '',
    matchCase: search.get('case') === '1',
    mode: search.get('mode') === 'find' ? 'find' : 'filter',
    stream: stream === 'stdout' || stream === 'stderr' ? stream : null,
  };
}

/** What is as usual is left out. */
export function writeAddress({ processes, source, matchCase, mode, stream }: Address): Record<string, string> {
  return {
    ...(processes ? { p: processes.join(',') } : {}),
    ...(source === '' ? {} : { q: source }),
    ...(matchCase ? { case: '1' } : {}),
    ...(mode === 'find' ? { mode } : {}),
    ...(stream ? { stream } : {}),
  };
}

/** Of all, one click shows this one alone; after that each click adds or takes away. Taking the last shows all again. */
export function toggled(chosen: readonly string[] | null, id: string): readonly string[] | null {
  if (chosen === null) return [id];
  const others = chosen.filter((other) => other !== id);
  if (others.length === chosen.length) return [...chosen, id];
  return others.length > 0 ? others : null;
}
