// How people want output to look; the browser remembers it.
import { create } from 'zustand';

export type Look = { wrap: boolean; times: boolean };

const KEY = 'signalbox.logs';

export const useLook = create<Look>(() => ({ wrap: true, times: true, ...stored() }));

export function changeLook(change: Partial<Look>): void {
  useLook.setState(change);
  try {
    localStorage.setItem(KEY, JSON.stringify(useLook.getState()));
  } catch {
    // Storage is forbidden: it holds until the page is left.
  }
}

function stored(): Partial<Look> {
  try {
    const { wrap, times } = JSON.parse(localStorage.getItem(KEY) ?? '{}');
    return { ...(typeof wrap === 'boolean' ? { wrap } : {}), ...(typeof times === 'boolean' ? { times } : {}) };
  } catch {
    return {};
  }
}
