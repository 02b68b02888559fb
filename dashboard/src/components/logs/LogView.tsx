import { useVirtualizer } from '@tanstack/react-virtual';
import { ArrowDown } from 'lucide-react';
import { type ReactNode, useLayoutEffect, useRef } from 'react';
import type { Book, BookView } from '@/state/logs/book.ts';
import type { Line, Rows } from '@/state/logs/entry.ts';
import { useBook } from '@/state/logs/useLogs.ts';
import './ansi.css';
import { Row, type RowLook } from './Row.tsx';
import { useFollow } from './useFollow.ts';
import { countOf } from './words.ts';

const ROW_PX = 20;

type Props = RowLook & {
  book: Book;
  /** What the output is called by those who cannot see it. */
  label: string;
  titleOf: (process: string) => string;
  /** What stands here while there is no line. */
  empty: ReactNode;
  /** The key of the line that was gone to; it is brought into view when it changes. */
  current?: number | null;
  /** Whether a person paused it: then the end does not resume it. */
  paused?: boolean;
  /** Offered at each line. */
  onContext?: ((line: Line) => void) | undefined;
  /** Resumes the following. */
  onResume?: (() => void) | undefined;
  className?: string;
};

/** Output as it comes. Only the lines in view are in the document, so that ten thousand cost no more than fifty. */
export function LogView(props: Props) {
  const { book, label, titleOf, empty, named, times, wrap, current = null, paused = false, onContext } = props;
  const view = useBook(book);
  const { rows, held } = view;
  const box = useRef<HTMLDivElement>(null);
  const virtual = useVirtualizer({
    count: rows.length,
    getScrollElement: () => box.current,
    estimateSize: () => ROW_PX,
    getItemKey: (index) => rows.at(index)?.key ?? index,
    overscan: 8,
    paddingStart: 8,
    paddingEnd: 8,
  });
  // At the end `useFollow` alone scrolls; the other corrections begin from where the view was before it did.
  virtual.shouldAdjustScrollPositionOnItemSizeChange = held ? undefined : () => false;
  useFollow(box, book, { held, resumes: !paused });
  useReveal(rows, held ? current : null, (index) => {
    // Not by `scrollToIndex`, which goes on for a while and would fight with who scrolls meanwhile.
    const [offset] = virtual.getOffsetForIndex(index, 'center') ?? [];
    if (offset !== undefined) box.current?.scrollTo(0, offset);
  });
  const items = virtual.getVirtualItems();
  return (
    <div className={`relative ${props.className ?? ''}`}>
      <div
        ref={box}
        // Its lines are read where one goes to them; a region that said each by itself would never be silent.
        role="log"
        aria-live="off"
        aria-label={label}
        // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by keyboard
        tabIndex={0}
        data-held={held || undefined}
        className="log absolute inset-0 overflow-auto rounded-lg border border-line bg-sunken font-mono text-xs leading-5 [overflow-anchor:none]"
      >
        {rows.length === 0 && <div className="px-3 py-2 font-sans text-sm text-muted">{empty}</div>}
        <div style={{ height: virtual.getTotalSize() }} className={wrap ? '' : 'w-max min-w-full'}>
          <div style={{ translate: `0 ${items[0]?.start ?? 0}px` }}>
            {items.map(({ index, key }) => {
              const entry = rows.at(index);
              if (!entry) return null;
              return (
                <div key={key} data-index={index} ref={wrap ? virtual.measureElement : undefined}>
                  <Row
                    entry={entry}
                    title={titleOf(entry.process)}
                    matches={entry.kind === 'line' ? entry.matches : null}
                    current={entry.key === current}
                    {...{ named, times, wrap, onContext }}
                  />
                </div>
              );
            })}
          </div>
        </div>
      </div>
      {held && <Resume view={view} onResume={props.onResume ?? (() => book.release())} />}
    </div>
  );
}

function Resume({ view: { news, newsOver }, onResume }: { view: BookView; onResume: () => void }) {
  const words =
    news === 0 ? 'Follow' : newsOver ? `${news.toLocaleString('en')}+ new lines` : countOf(news, 'new line');
  return (
    <button
      type="button"
      onClick={onResume}
      className="fade-in absolute bottom-3 left-1/2 flex h-8 -translate-x-1/2 items-center gap-1.5 rounded-full border border-line-strong bg-raised px-3.5 font-medium whitespace-nowrap shadow-(--shadow-high) hover:bg-hover pointer-coarse:h-11"
    >
      {words}
      <ArrowDown size={14} aria-hidden="true" />
    </button>
  );
}

/** For how long it is kept in view while lines around it turn out to be higher than thought. */
const REVEAL_MS = 250;

/** Brings the line into view, once for each line and each set of rows. */
function useReveal(rows: Rows, key: number | null, reveal: (index: number) => void): void {
  const done = useRef<{ rows: Rows; key: number; since: number } | null>(null);
  useLayoutEffect(() => {
    if (key === null) return;
    const known = done.current?.rows === rows && done.current.key === key ? done.current : null;
    if (known && performance.now() - known.since > REVEAL_MS) return;
    const index = indexOf(rows, key);
    if (index === null) return;
    done.current = known ?? { rows, key, since: performance.now() };
    reveal(index);
  });
}

function indexOf(rows: Rows, key: number): number | null {
  for (let at = 0; at < rows.length; at += 1) if (rows.at(at)?.key === key) return at;
  return null;
}
