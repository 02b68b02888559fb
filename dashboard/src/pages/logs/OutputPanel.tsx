import { type ReactNode, useCallback, useEffect, useId, useMemo, useRef, useState } from 'react';
import { Link } from 'wouter';
import { LogView } from '@/components/logs/LogView.tsx';
import type { Line } from '@/state/logs/entry.ts';
import { useLook } from '@/state/logs/look.ts';
import { compile } from '@/state/logs/match.ts';
import type { Query } from '@/state/logs/sieve.ts';
import { type Logs, useBook, useLogs } from '@/state/logs/useLogs.ts';
import type { View } from '@/state/select.ts';
import { useLive } from '@/state/store.ts';
import { toast } from '@/state/toasts.ts';
import type { Address } from './address.ts';
import { copyRows, downloadRows } from './export.ts';
import { Note } from './Note.tsx';
import { SearchField } from './SearchField.tsx';
import { Tools } from './Tools.tsx';
import { useLogKeys } from './useLogKeys.ts';
import { useMatches } from './useMatches.ts';

type Props = {
  address: Address;
  change: (change: Partial<Address>) => void;
  /** Whose output is shown. */
  chosen: readonly View[];
  /** Of the lines. */
  className: string;
};

/** The output of some processes with all that can be done with it: search, pause, copy, download. */
export function OutputPanel({ address, change, chosen, className }: Props) {
  const { query, invalid } = useQuery(address);
  const ids = chosen.map(({ process }) => process.id);
  const logs = useLogs(ids, query);
  const { book, feed } = logs;
  const view = useBook(book);
  const look = useLook();
  const field = useRef<HTMLInputElement>(null);
  const note = useId();
  const titleOf = (id: string) => chosen.find(({ process }) => process.id === id)?.process.title ?? id;
  const { paused, pause } = usePause(logs, view.held);
  const { current, place, step, go } = useMatches(book, view);
  const [cleared, setCleared] = useState(false);
  useLogKeys(field, { onPause: pause, onStep: step });
  const showContext = (line: Line) => {
    if (!book.keeps(line)) return toast('error', 'The lines around it are not kept any more.');
    go(line.key);
    change({ mode: 'find' });
  };
  const problem = invalid ?? view.problem;
  const clear = () => {
    book.clear();
    setCleared(true);
  };
  return (
    <>
      <div className="flex flex-wrap items-center gap-x-3 gap-y-2 pb-1.5">
        <SearchField {...{ address, field }} onChange={change} onStep={step} problem={problem === null ? null : note} />
        <Tools
          held={view.held}
          stream={address.stream}
          onHold={pause}
          onStream={(stream) => change({ stream })}
          onClear={clear}
          onCopy={() => void copyRows(view.rows)}
          onDownload={() => downloadRows(view.rows, ids, address.processes === null)}
        />
      </div>
      <Note id={note} {...{ view, feed, address, problem, place, titleOf }} />
      <LogView
        {...{ book, titleOf, current, paused, ...look }}
        label={chosen.length === 1 ? `Output of ${titleOf(ids[0] ?? '')}` : 'Output'}
        named={chosen.length !== 1}
        empty={<Empty {...{ address, cleared }} searching={query.pattern !== null} none={chosen.length === 0} />}
        onContext={query.pattern !== null && query.matchingOnly ? showContext : undefined}
        className={className}
      />
    </>
  );
}

/** What the book is asked for, and what is wrong with the expression. */
function useQuery({ source, matchCase, mode, stream }: Address): { query: Query; invalid: string | null } {
  return useMemo(() => {
    const pattern = source === '' ? null : { source, matchCase };
    const compiled = pattern ? compile(pattern) : null;
    const invalid = typeof compiled === 'string' ? compiled : null;
    return { query: { pattern: invalid === null ? pattern : null, matchingOnly: mode === 'filter', stream }, invalid };
  }, [source, matchCase, mode, stream]);
}

/** Whether a person has stopped the view; scrolling up holds it too, but the end of it resumes that. */
function usePause({ book }: Logs, held: boolean) {
  const [asked, setAsked] = useState(false);
  useEffect(() => {
    if (!held) setAsked(false);
  }, [held]);
  const pause = useCallback(() => {
    if (book.snapshot().held) return book.release();
    book.hold();
    setAsked(true);
  }, [book]);
  return { paused: asked, pause };
}

function Empty(props: { address: Address; cleared: boolean; searching: boolean; none: boolean }): ReactNode {
  const known = useLive((state) => state.epoch !== null);
  if (!known) return 'Connecting...';
  if (props.none && props.address.processes) {
    return (
      <>
        There is no process {props.address.processes.join(', ')}.{' '}
        <Link href="/logs" className="font-medium text-accent hover:underline">
          Show all
        </Link>
      </>
    );
  }
  if (props.none) return 'No processes yet. Add one to signalbox.toml.';
  if (props.searching) return 'No line matches.';
  return props.cleared ? 'Cleared. What comes from now on is shown.' : 'No output yet.';
}
