import { type RefObject, useEffect } from 'react';
import { isTyping } from '@/components/keys.ts';
import { changeLook, useLook } from '@/state/logs/look.ts';

type Actions = { onPause: () => void; onStep: (step: -1 | 1) => void };

/** `/` goes to the search. `p`, `w`, `t`, `n` and `N` hold while the output has the focus. */
export function useLogKeys(field: RefObject<HTMLInputElement | null>, { onPause, onStep }: Actions): void {
  useEffect(() => {
    const keys = new Map<string, () => void>([
      ['p', onPause],
      ['w', () => changeLook({ wrap: !useLook.getState().wrap })],
      ['t', () => changeLook({ times: !useLook.getState().times })],
      ['n', () => onStep(-1)],
      ['N', () => onStep(1)],
    ]);
    const onKeyDown = (event: KeyboardEvent) => {
      if (isTyping(event) || event.ctrlKey || event.metaKey || event.altKey) return;
      const inOutput = event.target instanceof Element && event.target.closest('[role="log"]') !== null;
      const action = event.key === '/' ? () => field.current?.select() : inOutput ? keys.get(event.key) : undefined;
      if (!action) return;
      event.preventDefault();
      action();
    };
    document.addEventListener('keydown', onKeyDown);
    return () => document.removeEventListener('keydown', onKeyDown);
  }, [field, onPause, onStep]);
}
