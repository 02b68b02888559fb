import { type RefObject, useLayoutEffect, useState } from 'react';

/** Whether the element is narrower than so many pixels. */
export function useNarrow(box: RefObject<HTMLElement | null>, below: number): boolean {
  const [narrow, setNarrow] = useState(() => window.innerWidth < below);
  useLayoutEffect(() => {
    const element = box.current;
    if (!element) return;
    const look = () => setNarrow(element.clientWidth < below);
    look();
    const observer = new ResizeObserver(look);
    observer.observe(element);
    return () => observer.disconnect();
  }, [box, below]);
  return narrow;
}
