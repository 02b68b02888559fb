import { expect, it } from 'vitest';
import { flying, idsOf, requestRow, wire } from './fixtures.ts';
import { readPage, readUpdate } from './read.ts';
import { kindOf } from './row.ts';
import { MOST_ROWS, merged, type Rows, stillRight, uncleared } from './rows.ts';

it('reads what the server sends, and leaves out what is no request', () => {
  const row = requestRow(1);
  expect(readPage({ requests: wire([row, flying(2)]), next: 7 })).toEqual({ rows: [row, flying(2)], next: 7 });
  const { rows, next } = readPage({ requests: [{ id: 'x' }, null, 3, { id: 1, time: 2, process: 'a' }] });
  expect([idsOf(rows), next]).toEqual([[1], null]);
  expect(() => readPage({ rows: [] })).toThrow(/newer/);
  expect(readUpdate({ items: wire([row]), skipped: 3, cleared: 9 })).toEqual({ rows: [row], skipped: 3, cleared: 9 });
  expect(readUpdate(null)).toEqual({ rows: [], skipped: 0, cleared: null });
});

it('takes an outcome that it does not know for a failure', () => {
  const check = (outcome: string | null, kind: string) => expect(kindOf({ outcome })).toBe(kind);
  check(null, 'flight');
  check('complete', 'complete');
  check('client_gone', 'left');
  check('upstream_cut', 'failed');
  check('something_new', 'failed');
});

it('keeps each request once, the newest first', () => {
  const rows = merged([requestRow(2), requestRow(1)], [requestRow(3), flying(4), requestRow(2, { status: 500 })]);
  expect(idsOf(rows)).toEqual([4, 3, 2, 1]);
  expect(rows[2]?.status).toBe(500);
});

it('lets nothing fly again that has ended', () => {
  expect(merged([requestRow(1)], [flying(1)])).toEqual([requestRow(1)]);
  expect(merged([flying(1)], [requestRow(1)])).toEqual([requestRow(1)]);
});

it('keeps no more than so many', () => {
  const many: Rows = Array.from({ length: MOST_ROWS + 10 }, (_row, at) => requestRow(at));
  const rows = merged([], many);
  expect(rows.length).toBe(MOST_ROWS);
  expect(rows[0]?.id).toBe(MOST_ROWS + 9);
});

it('forgets those in flight that nobody knows of any more', () => {
  const known = [flying(4), flying(3), requestRow(2), requestRow(1)];
  expect(idsOf(stillRight(known, [requestRow(5), flying(4), requestRow(2)]))).toEqual([4, 2, 1]);
});

it('forgets everything where there is a gap, or another server', () => {
  expect(stillRight([requestRow(2), requestRow(1)], [requestRow(9)])).toEqual([]);
  expect(stillRight([requestRow(1)], [requestRow(1, { time: 77 })])).toEqual([]);
});

it('forgets what was deleted', () => {
  expect(idsOf(uncleared([requestRow(3), requestRow(2), flying(1)], 2))).toEqual([3, 1]);
});
