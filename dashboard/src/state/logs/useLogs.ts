// A book of lines that is fed for as long as a component shows it.
import { useEffect, useRef, useState, useSyncExternalStore } from 'react';
import { call } from '@/api/client.ts';
import { live, useLive } from '@/state/store.ts';
import { readEvent } from '@/state/wire.ts';
import { Book, type BookView } from './book.ts';
import { Feed, type FeedState, NO_FEED } from './feed.ts';
import { MOST_ENTRIES } from './ring.ts';
import type { Query } from './sieve.ts';

/** How many lines of before are asked for at most: what the server has in memory of one process. */
const MOST_TAIL = 2_000;

/** How many events are looked through for the generations before. */
const EVENTS = 1_000;

export type Logs = { book: Book; feed: FeedState };

/** The output of these processes. `tail`: how many lines of before are wanted of all of them together. */
export function useLogs(processes: readonly string[], query: Query, tail = MOST_ENTRIES): Logs {
  const [book, setBook] = useState(() => new Book());
  const [feed, setFeed] = useState<FeedState>(NO_FEED);
  const lines = useRef<Feed | null>(null);
  const each = Math.min(MOST_TAIL, Math.floor(tail / Math.max(1, processes.length)));
  const names = processes.join(',');

  // biome-ignore lint/correctness/useExhaustiveDependencies: what the tail is at first holds
  useEffect(() => {
    const fresh = new Book();
    lines.current = new Feed(each, {
      onLines: (process, read) => fresh.receive(process, read),
      onJoined: (process, whole) => fresh.joined(process, whole),
      onState: setFeed,
    });
    setBook(fresh);
    return () => {
      lines.current?.close();
      fresh.close();
    };
  }, []);

  // biome-ignore lint/correctness/useExhaustiveDependencies: `names` says when the processes are others
  useEffect(() => {
    book.choose(processes);
    lines.current?.follow(processes);
  }, [book, names]);

  useEffect(() => book.search(query), [book, query]);
  useMarks(book, names);
  return { book, feed };
}

export function useBook(book: Book): BookView {
  return useSyncExternalStore(book.subscribe, book.snapshot);
}

/** Tells the book of generations: of those before, and of those that come. */
function useMarks(book: Book, names: string): void {
  const epoch = useLive((state) => state.epoch);
  // biome-ignore lint/correctness/useExhaustiveDependencies: other processes have other marks
  useEffect(() => {
    if (epoch === null) return;
    book.serverRestarted();
    let left = false;
    void pastOf(live.getState().seq).then((processes) => {
      if (left) return;
      for (const process of [...processes, ...Object.values(live.getState().processes)]) book.note(process);
    });
    const end = live.subscribe(({ processes }, before) => {
      for (const process of Object.values(processes)) {
        if (process !== before.processes[process.id]) book.note(process);
      }
    });
    return () => {
      left = true;
      end();
    };
  }, [book, names, epoch]);
}

async function pastOf(seq: number) {
  const query = { after: Math.max(0, seq - EVENTS), limit: EVENTS };
  const page = await call('get', '/api/history', { query }).catch(() => null);
  return page ? page.events.flatMap((event) => readEvent(event)?.processes ?? []) : [];
}
