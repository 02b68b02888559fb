import { type RefObject, useEffect, useLayoutEffect, useRef } from 'react';
import type { Book } from '@/state/logs/book.ts';

/** How near its end the output counts as being at it, in pixels. */
const NEAR_END = 8;

const UPWARDS = new Set(['ArrowUp', 'PageUp', 'Home']);

type Options = {
  held: boolean;
  /** Whether the end brings the following back; not so where a person has paused. */
  resumes: boolean;
};

/**
 * Keeps the newest line in view. Who scrolls up, selects text or goes into a line holds the view; who scrolls to its end
 * lets it go on.
 */
export function useFollow(box: RefObject<HTMLElement | null>, book: Book, { held, resumes }: Options): void {
  const top = useRef(0);
  const pinned = useRef(false);

  // After every render, as each may have brought lines or their true height.
  useLayoutEffect(() => {
    const element = box.current;
    pinned.current &&= !held;
    if (held || !element) return;
    // Scrolled up, and this render came before the event that tells of it.
    if (pinned.current && element.scrollTop < top.current - 1 && !isAtEnd(element)) return book.hold();
    pinned.current = true;
    element.scrollTop = element.scrollHeight;
    top.current = element.scrollTop;
  });

  useEffect(() => {
    const element = box.current;
    if (!element) return;
    const holdIfMore = () => element.scrollTop > 0 && book.hold();
    const onWheel = ({ deltaY }: WheelEvent) => deltaY < 0 && holdIfMore();
    const onKey = ({ key }: KeyboardEvent) => UPWARDS.has(key) && holdIfMore();
    const onScroll = () => {
      const moved = element.scrollTop - top.current;
      top.current = element.scrollTop;
      const atEnd = isAtEnd(element);
      if (!held && moved < 0 && !atEnd) book.hold();
      if (held && resumes && moved > 0 && atEnd) book.release();
    };
    const onSelect = () => {
      const selection = document.getSelection();
      if (selection && !selection.isCollapsed && element.contains(selection.anchorNode)) book.hold();
    };
    const onFocus = ({ target }: FocusEvent) => target !== element && book.hold();
    element.addEventListener('scroll', onScroll, { passive: true });
    element.addEventListener('wheel', onWheel, { passive: true });
    element.addEventListener('keydown', onKey);
    element.addEventListener('focusin', onFocus);
    document.addEventListener('selectionchange', onSelect);
    return () => {
      element.removeEventListener('scroll', onScroll);
      element.removeEventListener('wheel', onWheel);
      element.removeEventListener('keydown', onKey);
      element.removeEventListener('focusin', onFocus);
      document.removeEventListener('selectionchange', onSelect);
    };
  }, [box, book, held, resumes]);
}

const isAtEnd = ({ scrollHeight, scrollTop, clientHeight }: HTMLElement) =>
  scrollHeight - scrollTop - clientHeight <= NEAR_END;
