import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { process } from '@/state/fixtures.ts';
import { Book } from './book.ts';
import { sent, wordsOf } from './fixtures.ts';
import { EVERYTHING } from './sieve.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

function bookOf(...processes: string[]) {
  const book = new Book();
  book.choose(processes);
  return book;
}

function shown(book: Book): string[] {
  vi.advanceTimersByTime(500);
  return wordsOf(book.snapshot().rows);
}

it('shows lines of several processes by time, with a mark where a generation began', () => {
  const book = bookOf('a', 'b');
  book.receive('b', [sent(1, 'b one', 20)]);
  book.receive('a', [sent(1, 'a one', 10), sent(2, 'a two', 30)]);
  book.note(process('a', 'starting', { generation: 2, since: 25 }));
  expect(shown(book)).toEqual(['a one', 'b one', '[2 began]', 'a two']);
});

it('tells its view once of many lines', () => {
  const book = bookOf('a');
  const told = vi.fn();
  book.subscribe(told);
  for (let seq = 1; seq <= 1_000; seq += 1) book.receive('a', [sent(seq)]);
  expect(shown(book).length).toBe(1_000);
  expect(told.mock.calls.length).toBeLessThanOrEqual(2);
});

it('stands still while it is held, and counts what comes', () => {
  const book = bookOf('a');
  book.receive('a', [sent(1)]);
  book.hold();
  book.receive('a', [sent(2)]);
  vi.advanceTimersByTime(500);
  expect(book.snapshot()).toMatchObject({ held: true, news: 1, newsOver: false });
  for (let seq = 2; seq <= 30_000; seq += 1) book.receive('a', [sent(seq)]);
  expect(shown(book)).toEqual(['line 1']);
  expect(book.snapshot()).toMatchObject({ held: true, news: 10_000, newsOver: true });
  book.release();
  expect(shown(book).at(-1)).toBe('line 30000');
  expect(book.snapshot()).toMatchObject({ held: false, news: 0, lines: 10_000 });
});

it('shows one stream when it is asked to, also of what is held', () => {
  const book = bookOf('a');
  book.receive('a', [sent(1, 'out'), sent(2, 'err', 2, 'stderr')]);
  book.hold();
  book.search({ ...EVERYTHING, stream: 'stderr' });
  book.receive('a', [sent(3, 'more', 3, 'stderr')]);
  expect(shown(book)).toEqual(['err']);
  book.release();
  expect(shown(book)).toEqual(['err', 'more']);
});

it('lets go of the lines of processes that are not wanted any more', () => {
  const book = bookOf('a', 'b');
  book.receive('a', [sent(1, 'of a', 1)]);
  book.receive('b', [sent(1, 'of b', 2)]);
  book.choose(['b']);
  book.receive('a', [sent(2, 'too late')]);
  expect(shown(book)).toEqual(['of b']);
});

it('is empty after it was cleared, and misses nothing that comes', () => {
  const book = bookOf('a');
  book.receive('a', [sent(1), sent(2)]);
  book.clear();
  expect(shown(book)).toEqual([]);
  book.receive('a', [sent(2), sent(3)]);
  expect(shown(book)).toEqual(['line 3']);
});
