import { useCallback, useEffect, useRef, useState } from 'react';
import { call } from '@/api/client.ts';
import { asFailure } from '@/api/failure.ts';
import type { LifecycleEvent, Process } from '@/api/types.ts';
import { live, useLive } from '@/state/store.ts';
import { readEvent } from '@/state/wire.ts';

export type Entry = { seq: number; time: number; process: Process };

/** How far back one look goes, in events of all processes. */
const SPAN = 2_000;
const LIMIT = 1_000;

/** A process's events, oldest first: those of late, the new ones as they come, older ones on demand. */
export function useEntries(id: string) {
  const heard = useLive((state) => state.heard[id]);
  const online = useLive((state) => state.connection === 'live');
  const [entries, setEntries] = useState<readonly Entry[]>([]);
  const [loaded, setLoaded] = useState(false);
  const [failure, setFailure] = useState<string | null>(null);
  const [from, setFrom] = useState(() => Math.max(0, live.getState().seq - SPAN));
  const newest = useRef(from);
  const read = useCallback(
    async (after: number, until: number) => {
      try {
        const news = await readBetween(id, after, until);
        newest.current = Math.max(newest.current, news.at(-1)?.seq ?? 0);
        setEntries((known) => merged(known, news));
        setFailure(null);
        setLoaded(true);
      } catch (thrown) {
        setFailure(asFailure(thrown).message);
      }
    },
    [id],
  );
  useEffect(() => {
    if (online && heard !== undefined) void read(newest.current, Number.POSITIVE_INFINITY);
  }, [online, heard, read]);
  const readOlder = async () => {
    const earlier = Math.max(0, from - SPAN);
    await read(earlier, from);
    setFrom(earlier);
  };
  return { entries, loaded, failure, readOlder: from > 0 ? readOlder : null };
}

async function readBetween(id: string, after: number, until: number): Promise<Entry[]> {
  const page = await call('get', '/api/history', { query: { process: id, after, limit: LIMIT } });
  const entries = page.events.flatMap(entriesOf).filter((entry) => entry.seq <= until);
  if (page.next == null || page.next >= until) return entries;
  return [...entries, ...(await readBetween(id, page.next, until))];
}

function entriesOf(raw: LifecycleEvent): Entry[] {
  const event = readEvent(raw);
  return event ? event.processes.map((process) => ({ seq: event.seq, time: raw.timestamp, process })) : [];
}

function merged(known: readonly Entry[], news: readonly Entry[]): readonly Entry[] {
  const bySeq = new Map([...known, ...news].map((entry) => [entry.seq, entry]));
  return [...bySeq.values()].sort((a, b) => a.seq - b.seq);
}
