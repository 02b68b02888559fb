import { useVirtualizer } from '@tanstack/react-virtual';
import { ArrowUp } from 'lucide-react';
import { type ReactNode, type RefObject, useEffect, useRef } from 'react';
import type { Rows } from '@/state/requests/rows.ts';
import { COLUMNS, type Names, Row } from './Row.tsx';
import { useNarrow } from './useNarrow.ts';

/** The heights of a row and of the head, in pixels; `Row` says the same in its classes. */
const HEIGHT = { wide: 36, narrow: 76 };
const HEAD = { wide: 36, narrow: 0 };

/** Below this width of the list a row stands on several lines. */
const NARROW_PX = 800;

type Props = Names & {
  rows: Rows;
  /** How many came since the list was held; null: it is not. */
  news: number | null;
  /** The one to which the keys have gone. */
  cursor: number | null;
  box: RefObject<HTMLDivElement | null>;
  onOpen: (id: number) => void;
  onScrolled: (down: boolean) => void;
  onRelease: () => void;
  /** What stands below the last row. */
  children: ReactNode;
};

/** The requests, the newest on top. Only those in view are in the document, so that thousands cost no more than fifty. */
export function List({ rows, news, cursor, box, onOpen, onScrolled, onRelease, children, ...names }: Props) {
  const narrow = useNarrow(box, NARROW_PX);
  const look = narrow ? 'narrow' : 'wide';
  const virtual = useVirtualizer({
    count: rows.length,
    getScrollElement: () => box.current,
    estimateSize: () => HEIGHT[look],
    getItemKey: (index) => rows[index]?.id ?? index,
    scrollPaddingStart: HEAD[look],
    overscan: 6,
  });
  // biome-ignore lint/correctness/useExhaustiveDependencies: another width has other heights
  useEffect(() => virtual.measure(), [look]);
  useCursor(box, cursor, () => {
    const index = rows.findIndex(({ id }) => id === cursor);
    if (index >= 0) virtual.scrollToIndex(index);
  });
  return (
    <div className="relative h-0 min-h-80 grow">
      <section
        ref={box}
        aria-label="List of requests"
        onScroll={({ currentTarget }) => onScrolled(currentTarget.scrollTop > 0)}
        className="absolute inset-0 overflow-y-auto rounded-lg border border-line bg-surface shadow-(--shadow) [overflow-anchor:none]"
      >
        {!narrow && <Head />}
        <ol className="relative" style={{ height: virtual.getTotalSize() }}>
          {virtual.getVirtualItems().map(({ index, start }) => {
            const row = rows[index];
            if (!row) return null;
            return (
              <Row
                key={row.id}
                {...{ row, narrow, onOpen }}
                {...names}
                place={index + 1}
                count={rows.length}
                top={start}
              />
            );
          })}
        </ol>
        {children}
      </section>
      {news !== null && <Resume news={news} onRelease={onRelease} />}
    </div>
  );
}

const WORDS = ['Time', 'Outcome', 'Model', 'Provider', 'Process', 'Tokens', 'First token', 'Total'];
const TO_THE_RIGHT = new Set(['Tokens', 'First token', 'Total']);

/** What stands above the columns. For those who hear them, each cell has its name. */
const Head = () => (
  <div
    aria-hidden="true"
    className={`sticky top-0 z-10 h-9 border-b border-line bg-surface text-xs font-medium text-muted ${COLUMNS}`}
  >
    {WORDS.map((word) => (
      <span key={word} className={TO_THE_RIGHT.has(word) ? 'text-right' : ''}>
        {word}
      </span>
    ))}
  </div>
);

function Resume({ news, onRelease }: { news: number; onRelease: () => void }) {
  return (
    <button
      type="button"
      onClick={onRelease}
      className="fade-in absolute top-11 left-1/2 z-10 flex h-8 -translate-x-1/2 items-center gap-1.5 rounded-full border border-line-strong bg-raised px-3.5 font-medium whitespace-nowrap shadow-(--shadow-high) hover:bg-hover pointer-coarse:h-11"
    >
      {news === 0 ? 'Follow' : `${news.toLocaleString('en')} new`}
      <ArrowUp size={14} aria-hidden="true" />
    </button>
  );
}

/** Brings the row to which the keys have gone into view, and gives it the focus once it is there. */
function useCursor(box: RefObject<HTMLElement | null>, cursor: number | null, reveal: () => void): void {
  const wanted = useRef<number | null>(null);
  // biome-ignore lint/correctness/useExhaustiveDependencies: only a step of the keys reveals
  useEffect(() => {
    wanted.current = cursor;
    if (cursor !== null) reveal();
  }, [cursor]);
  useEffect(() => {
    if (wanted.current === null) return;
    const button = box.current?.querySelector<HTMLElement>(`[data-request="${wanted.current}"]`);
    if (!button) return;
    wanted.current = null;
    button.focus({ preventScroll: true });
  });
}
