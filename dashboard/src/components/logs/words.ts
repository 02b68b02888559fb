// What is said of entries: at the marks between lines, and in copies and downloads. Pure.
import type { Begin, End, Entry, Gap, Rows } from '@/state/logs/entry.ts';
import { plain } from '@/state/logs/plain.ts';

export const countOf = (count: number, one: string) => `${count.toLocaleString('en')} ${count === 1 ? one : `${one}s`}`;

export function markWordsOf(mark: Gap | Begin | End): string {
  switch (mark.kind) {
    case 'gap':
      return `${countOf(mark.missed, 'line')} ${mark.missed === 1 ? 'was' : 'were'} missed`;
    case 'begin':
      return `Generation ${mark.generation} began`;
    case 'end':
      return `Generation ${mark.generation} ended: ${mark.message}`;
  }
}

/** All rows as text: time, process, stream, and the line without its colours. */
export function textOf(rows: Rows): string {
  const lines = Array.from({ length: rows.length }, (_row, at) => rows.at(at));
  return lines.map((entry) => (entry ? `${textOfOne(entry)}\n` : '')).join('');
}

function textOfOne(entry: Entry): string {
  const { process, order } = entry;
  if (entry.kind !== 'line') return `${timeOf(order)} ${process} --- ${markWordsOf(entry)}`;
  return `${timeOf(entry.time)} ${process} ${entry.stream} ${plain(entry.text)}`;
}

const timeOf = (time: number) => new Date(time).toISOString();
