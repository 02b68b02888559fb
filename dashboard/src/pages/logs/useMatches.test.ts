import { expect, it } from 'vitest';
import { type Line, nextKey } from '@/state/logs/entry.ts';
import { line } from '@/state/logs/fixtures.ts';
import { nextMatch, placeOf } from './useMatches.ts';

const matching = (order: number): Line => ({ ...line('a', order), key: nextKey(), matches: [0, 1] });

it('goes through the matches, round the end', () => {
  const [first, other, last] = [matching(1), line('a', 2), matching(3)];
  const rows = [first, other, last];
  expect(nextMatch(rows, null, -1)).toBe(last.key);
  expect(nextMatch(rows, last.key, -1)).toBe(first.key);
  expect(nextMatch(rows, first.key, -1)).toBe(last.key);
  expect(nextMatch(rows, other.key, 1)).toBe(last.key);
  expect(nextMatch(rows, last.key, 1)).toBe(first.key);
  expect(nextMatch([other], null, 1)).toBeNull();
  expect(placeOf(rows, last.key)).toBe(2);
  expect(placeOf(rows, other.key)).toBeNull();
});
