// Takes what is shown out of the page.
import { countOf, textOf } from '@/components/logs/words.ts';
import { announce } from '@/state/announce.ts';
import type { Rows } from '@/state/logs/entry.ts';
import { toast } from '@/state/toasts.ts';

export async function copyRows(rows: Rows): Promise<void> {
  try {
    await navigator.clipboard.writeText(textOf(rows));
    const words = `${countOf(rows.length, 'line')} copied`;
    toast('info', words);
    announce(words);
  } catch {
    toast('error', 'The browser did not let this page copy. Download the lines instead.');
  }
}

export function downloadRows(rows: Rows, processes: readonly string[], all: boolean): void {
  const url = URL.createObjectURL(new Blob([textOf(rows)], { type: 'text/plain' }));
  const link = document.createElement('a');
  link.href = url;
  link.download = nameOf(all ? ['all'] : processes);
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
}

const nameOf = (processes: readonly string[]) =>
  `${processes.slice(0, 3).join('-')}-${new Date().toISOString().slice(0, 19).replaceAll(':', '')}.log`;
