import { type RefObject, useEffect } from 'react';
import { isTyping } from '@/components/keys.ts';

const STEPS: Readonly<Record<string, -1 | 1>> = { j: 1, ArrowDown: 1, k: -1, ArrowUp: -1 };

type Actions = { onStep: (by: -1 | 1) => void; onPause: () => void };

/** `j` and `k` go through the requests, Enter opens the one that has the focus; `/` goes to the search, `p` pauses. */
export function useRequestKeys(field: RefObject<HTMLInputElement | null>, { onStep, onPause }: Actions): void {
  useEffect(() => {
    const onKeyDown = (event: KeyboardEvent) => {
      if (isTyping(event) || event.ctrlKey || event.metaKey || event.altKey) return;
      const step = STEPS[event.key];
      const target = event.target instanceof Element ? event.target : null;
      // The arrows scroll what else they are in.
      const elsewhere = event.key.startsWith('Arrow') && !target?.closest('[data-request], dialog');
      if (step !== undefined && !elsewhere) onStep(step);
      else if (event.key === '/' && !target?.closest('dialog')) field.current?.select();
      else if (event.key === 'p' && !target?.closest('dialog')) onPause();
      else return;
      event.preventDefault();
    };
    document.addEventListener('keydown', onKeyDown);
    return () => document.removeEventListener('keydown', onKeyDown);
  }, [field, onStep, onPause]);
}
