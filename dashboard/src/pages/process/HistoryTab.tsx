import { useEffect, useMemo, useState } from 'react';
import { call } from '@/api/client.ts';
import { asFailure } from '@/api/failure.ts';
import type { LifecycleEvent, Process } from '@/api/types.ts';
import { Button } from '@/components/Button.tsx';
import { dateOf, durationOf } from '@/components/format.ts';
import { StateMark } from '@/components/StateMark.tsx';
import { endOf } from '@/pages/processes/detail.ts';
import { isKnownState } from '@/state/live.ts';
import { useLive } from '@/state/store.ts';
import { readEvent } from '@/state/wire.ts';

type Entry = { seq: number; time: number; process: Process };

/** How many events are shown at first, and by how many more each time. */
const PAGE = 100;

/** What became of each generation, the newest first. */
export function HistoryTab({ id }: { id: string }) {
  const [shown, setShown] = useState(PAGE);
  const { entries, failure } = useEntries(id);
  const generations = useMemo(() => byGeneration(entries.slice(-shown)), [entries, shown]);
  if (failure) return <p role="alert">{failure}</p>;
  if (entries.length === 0) return <p className="text-muted">Nothing has happened yet.</p>;
  return (
    <div className="flex flex-col gap-5">
      {generations.map(({ generation, events }) => (
        <section key={events[0]?.seq} aria-label={nameOf(generation)}>
          <h2 className="pb-1.5 text-xs font-medium text-muted">{nameOf(generation)}</h2>
          <ol className="divide-y divide-line rounded-lg border border-line bg-surface">
            {events.map((entry, at) => (
              <Row key={entry.seq} entry={entry} before={events[at + 1]} />
            ))}
          </ol>
        </section>
      ))}
      {entries.length > shown && (
        <Button className="self-start" onClick={() => setShown(shown + PAGE)}>
          Show older
        </Button>
      )}
    </div>
  );
}

const nameOf = (generation: number) => (generation === 0 ? 'Before the first start' : `Generation ${generation}`);

function Row({ entry, before }: { entry: Entry; before: Entry | undefined }) {
  const { process, time, seq } = entry;
  const state = isKnownState(process.state) ? process.state : 'unknown';
  const took = before ? durationBetween(before.time, time) : '';
  const ended = process.state === 'stopped' || process.state === 'error' ? endOf(process.exit) : '';
  return (
    <li className="flex flex-wrap items-center gap-x-3 px-3 py-1.5">
      <StateMark state={state} still />
      <span className="min-w-0 grow break-words">{process.message}</span>
      <span className="text-xs text-muted">{[ended, took].filter(Boolean).join(' · ')}</span>
      <time className="text-xs text-muted" dateTime={new Date(time).toISOString()} title={`seq ${seq}`}>
        {dateOf(time)}
      </time>
    </li>
  );
}

function durationBetween(from: number, to: number): string {
  const ms = to - from;
  return ms < 1_000 ? `after ${ms} ms` : `after ${durationOf(ms / 1_000)}`;
}

function useEntries(id: string) {
  const heard = useLive((state) => state.heard[id] ?? 0);
  const epoch = useLive((state) => state.epoch);
  const [entries, setEntries] = useState<readonly Entry[]>([]);
  const [failure, setFailure] = useState<string | null>(null);
  // biome-ignore lint/correctness/useExhaustiveDependencies: each event of the process and each run of the server adds to it
  useEffect(() => {
    const abort = new AbortController();
    const after = entries.at(-1)?.seq ?? 0;
    readAfter(id, after, abort.signal).then(
      (news) => setEntries((known) => [...known, ...news.filter(({ seq }) => seq > (known.at(-1)?.seq ?? 0))]),
      (thrown) => abort.signal.aborted || setFailure(asFailure(thrown).message),
    );
    return () => abort.abort();
  }, [id, heard, epoch]);
  return { entries, failure };
}

async function readAfter(id: string, after: number, signal: AbortSignal): Promise<Entry[]> {
  const page = await call('get', '/api/history', { query: { process: id, after, limit: 1_000 }, signal });
  const entries = page.events.flatMap(entriesOf);
  return page.next == null ? entries : [...entries, ...(await readAfter(id, page.next, signal))];
}

function entriesOf(raw: LifecycleEvent): Entry[] {
  const event = readEvent(raw);
  return event ? event.processes.map((process) => ({ seq: event.seq, time: raw.timestamp, process })) : [];
}

/** Newest first, each with its events, newest first. */
export function byGeneration(entries: readonly Entry[]): { generation: number; events: Entry[] }[] {
  const groups: { generation: number; events: Entry[] }[] = [];
  for (const entry of [...entries].reverse()) {
    const group = groups.at(-1);
    if (group?.generation === entry.process.generation) group.events.push(entry);
    else groups.push({ generation: entry.process.generation, events: [entry] });
  }
  return groups;
}
