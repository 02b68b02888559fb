// Short notes at the edge of the page: what went wrong with an order, what was copied.
import { create } from 'zustand';

export type Toast = {
  id: number;
  kind: 'info' | 'error';
  text: string;
  action?: { label: string; run: () => void };
};

const LIFE_MS = { info: 4_000, error: 12_000 };
const MOST = 4;

export const useToasts = create<{ toasts: readonly Toast[] }>(() => ({ toasts: [] }));

let last = 0;

export function toast(kind: Toast['kind'], text: string, action?: Toast['action']): void {
  last += 1;
  const id = last;
  const added: Toast = { id, kind, text, ...(action ? { action } : {}) };
  useToasts.setState(({ toasts }) => ({
    toasts: [...toasts.filter((other) => other.text !== text), added].slice(-MOST),
  }));
  setTimeout(() => dismiss(id), LIFE_MS[kind]);
}

export function dismiss(id: number): void {
  useToasts.setState(({ toasts }) => ({ toasts: toasts.filter((toast) => toast.id !== id) }));
}
