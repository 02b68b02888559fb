import { expect, it } from 'vitest';
import { process } from '@/state/fixtures.ts';
import { wordsOf } from './fixtures.ts';
import { Marks } from './marks.ts';
import { Ring } from './ring.ts';

const take = (marks: Marks, oldest: number | null, whole = false) => wordsOf(marks.take(oldest, whole));

it('marks where a generation began and how it ended, each once', () => {
  const marks = new Marks();
  const events = [
    process('a', 'starting', { generation: 1, since: 10 }),
    process('a', 'running', { generation: 1, since: 20, startedAt: 12 }),
    process('a', 'error', { generation: 1, since: 30, startedAt: 12 }),
    process('a', 'starting', { generation: 2, since: 40 }),
  ];
  for (const event of [...events, ...events]) marks.note(event);
  const expected = ['[1 began]', '[1 ended: Process exited with code 1]', '[2 began]'];
  expect(take(marks, 5)).toEqual(expected);
  for (const event of events) marks.note(event);
  expect(take(marks, 5)).toEqual([]);
});

it('knows the begin from a process that runs already', () => {
  const marks = new Marks();
  marks.note(process('a', 'running', { generation: 3, since: 20, startedAt: 12 }));
  expect(marks.take(0, false)).toMatchObject([{ kind: 'begin', generation: 3, order: 12 }]);
});

it('says nothing of a process that was never started', () => {
  const marks = new Marks();
  marks.note(process('a', 'stopped', { generation: 0 }));
  expect(take(marks, null, true)).toEqual([]);
});

it('waits while lines before it may be missing', () => {
  const marks = new Marks();
  marks.note(process('a', 'starting', { generation: 4, since: 100 }));
  expect(take(marks, null)).toEqual([]);
  expect(take(marks, 101)).toEqual([]);
  expect(take(marks, 101, true)).toEqual(['[4 began]']);
});

it('ends a generation before the next one begins, also within one millisecond', () => {
  const marks = new Marks();
  marks.note(process('a', 'stopped', { generation: 1, since: 30, startedAt: 12 }));
  marks.note(process('a', 'starting', { generation: 2, since: 30 }));
  const ring = new Ring();
  ring.add(marks.take(0, true));
  expect(wordsOf(ring)).toEqual(['[1 began]', '[1 ended: Stopped]', '[2 began]']);
});
