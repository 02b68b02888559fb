import { useEffect } from 'react';
import { useLocation } from 'wouter';
import { isTyping } from '@/components/keys.ts';
import { order } from '@/state/actions.ts';
import type { Order } from '@/state/live.ts';
import { refusalOf, viewOf } from '@/state/select.ts';
import { live } from '@/state/store.ts';

const ORDERS: Record<string, Order> = { s: 'start', x: 'stop', r: 'restart' };
const STEPS: Record<string, number> = { j: 1, ArrowDown: 1, k: -1, ArrowUp: -1 };

/** `j` and `k` go through the rows; `s`, `x`, `r`, `l` and Enter act on the one that has the focus. */
export function useRowKeys(): void {
  const [, navigate] = useLocation();
  useEffect(() => {
    const onKeyDown = (event: KeyboardEvent) => {
      if (isTyping(event) || event.ctrlKey || event.metaKey || event.altKey) return;
      const row = document.activeElement?.closest<HTMLElement>('[data-process]') ?? null;
      const step = STEPS[event.key];
      const arrowElsewhere = event.key.startsWith('Arrow') && row !== document.activeElement;
      if (step !== undefined && !arrowElsewhere) {
        event.preventDefault();
        rowBeside(row, step)?.focus();
      } else if (row) {
        act(row, event, navigate);
      }
    };
    document.addEventListener('keydown', onKeyDown);
    return () => document.removeEventListener('keydown', onKeyDown);
  }, [navigate]);
}

function rowBeside(row: HTMLElement | null, step: number): HTMLElement | undefined {
  const rows = [...document.querySelectorAll<HTMLElement>('[data-process]')];
  if (!row) return rows[step > 0 ? 0 : rows.length - 1];
  return rows[Math.min(rows.length - 1, Math.max(0, rows.indexOf(row) + step))];
}

function act(row: HTMLElement, event: KeyboardEvent, navigate: (to: string) => void): void {
  const id = row.dataset.process ?? '';
  const want = ORDERS[event.key];
  if (want) orderIfPossible(id, want);
  else if (event.key === 'l') navigate(`/logs?p=${encodeURIComponent(id)}`);
  else if (event.key === 'Enter' && event.target === row) navigate(`/processes/${encodeURIComponent(id)}`);
}

function orderIfPossible(id: string, want: Order): void {
  const { processes, pending, connection } = live.getState();
  const process = processes[id];
  if (process && refusalOf(want, viewOf(process, pending[id]), connection) === null) void order(id, want);
}
