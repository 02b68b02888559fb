// What tests of output are made of.
import type { LogLine } from '@/api/types.ts';
import type { Begin, Entry, Line, Rows } from './entry.ts';
import { nextKey } from './entry.ts';

export function sent(
  seq: number,
  text = `line ${seq}`,
  time = 1_000 + seq,
  stream: LogLine['stream'] = 'stdout',
): LogLine {
  return { seq, time, stream, text };
}

export function line(process: string, order: number, text = `${process} ${order}`): Line {
  const placed = { kind: 'line', key: nextKey(), process, order } as const;
  return { ...placed, seq: order, time: order, stream: 'stdout', text, matches: null };
}

export function begin(process: string, order: number, generation: number): Begin {
  return { kind: 'begin', key: nextKey(), process, order, generation };
}

/** Rows in a few words: texts, and what stands between them in brackets. */
export function wordsOf(rows: Rows): string[] {
  return Array.from({ length: rows.length }, (_row, at) => wordOf(rows.at(at)));
}

function wordOf(entry: Entry | undefined): string {
  switch (entry?.kind) {
    case 'line':
      return entry.text;
    case 'gap':
      return `[${entry.missed} missed]`;
    case 'begin':
      return `[${entry.generation} began]`;
    case 'end':
      return `[${entry.generation} ended: ${entry.message}]`;
    default:
      return '[nothing]';
  }
}
