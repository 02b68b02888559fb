// How much each process takes, every two seconds, while a page looks.
import { useEffect } from 'react';
import { create } from 'zustand';
import { subscribe } from './socket.ts';

export type Usage = { cpu: number; memory: number };

const useUsages = create<{ of: Readonly<Record<string, Usage>> }>(() => ({ of: {} }));

let watchers = 0;
let leave = () => {};

/** Asks the server for usage for as long as the component is there. */
export function useUsageFeed(): void {
  useEffect(() => {
    watchers += 1;
    if (watchers === 1) leave = subscribe({ topic: 'usage', onEvent: take });
    return () => {
      watchers -= 1;
      if (watchers > 0) return;
      leave();
      useUsages.setState({ of: {} });
    };
  }, []);
}

/** What is shown of a process's usage; null where nothing is known. Renders again when that has changed. */
export function useUsage(id: string, shown: (usage: Usage) => string): string | null {
  return useUsages(({ of }) => {
    const usage = of[id];
    return usage ? shown(usage) : null;
  });
}

function take({ timestamp: _when, ...all }: Record<string, Usage | number>): void {
  useUsages.setState({ of: all as Record<string, Usage> });
}
