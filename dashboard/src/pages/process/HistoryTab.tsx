import { useMemo } from 'react';
import { useSearchParams } from 'wouter';
import { Button } from '@/components/Button.tsx';
import { clockSecondsOf, dateOf, durationOf, isSameDay } from '@/components/format.ts';
import { StateMark } from '@/components/StateMark.tsx';
import { endOf } from '@/pages/processes/detail.ts';
import { isKnownState } from '@/state/live.ts';
import { type Entry, useEntries } from './useEntries.ts';

/** What became of each generation, the newest first; one that the address names is brought into view. */
export function HistoryTab({ id }: { id: string }) {
  const { entries, loaded, failure, readOlder } = useEntries(id);
  const generations = useMemo(() => byGeneration(entries), [entries]);
  const [search] = useSearchParams();
  const wanted = search.get('generation');
  const missing = loaded && wanted !== null && !generations.some(({ generation }) => String(generation) === wanted);
  return (
    <div className="flex flex-col gap-5">
      {failure && <p role="alert">{failure}</p>}
      {loaded && entries.length === 0 && !readOlder && <p className="text-muted">Nothing has happened yet.</p>}
      {missing && (
        <p className="text-muted">
          Generation {wanted} is not among these{readOlder ? '; it may be further back.' : '.'}
        </p>
      )}
      {generations.map(({ generation, events }) => (
        <Generation
          key={events[0]?.seq}
          generation={generation}
          events={events}
          wanted={String(generation) === wanted}
        />
      ))}
      {readOlder && (
        <Button className="self-start" onClick={readOlder}>
          Show older
        </Button>
      )}
    </div>
  );
}

type GenerationProps = { generation: number; events: readonly Entry[]; wanted: boolean };

function Generation({ generation, events, wanted }: GenerationProps) {
  const name = nameOf(generation);
  return (
    <section aria-label={name} aria-current={wanted || undefined} ref={wanted ? reveal : undefined}>
      <h2 className="pb-1.5 text-xs font-medium text-muted">{name}</h2>
      <ol className={`divide-y divide-line rounded-lg border bg-surface ${wanted ? 'border-accent' : 'border-line'}`}>
        {events.map((entry, at) => (
          <Row key={entry.seq} entry={entry} before={events[at + 1]} />
        ))}
      </ol>
    </section>
  );
}

function reveal(section: HTMLElement | null): void {
  section?.scrollIntoView({ block: 'center' });
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
      <span className="text-xs text-muted empty:hidden max-sm:order-last max-sm:basis-full max-sm:pl-6">
        {[ended, took].filter(Boolean).join(' · ')}
      </span>
      <time
        className="text-xs text-muted"
        dateTime={new Date(time).toISOString()}
        title={`${dateOf(time)} · seq ${seq}`}
      >
        {isSameDay(time, Date.now()) ? clockSecondsOf(time) : dateOf(time)}
      </time>
    </li>
  );
}

function durationBetween(from: number, to: number): string {
  const ms = to - from;
  return ms < 1_000 ? `after ${ms} ms` : `after ${durationOf(ms / 1_000)}`;
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
