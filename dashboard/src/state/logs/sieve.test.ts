import { expect, it } from 'vitest';
import { begin, line, wordsOf } from './fixtures.ts';
import { compile, matchesOf } from './match.ts';
import type { Matcher } from './matcher.ts';
import { EVERYTHING, SearchingSieve } from './sieve.ts';

type Ask = Matcher['ask'];

/** Answers when `answer` is called, in the order of the questions. */
function searching(source: string, matchingOnly: boolean, first: ReturnType<typeof line>[]) {
  const open: (() => void)[] = [];
  const ask: Ask = (texts, answer) => {
    const pattern = compile({ source, matchCase: false }) as RegExp;
    open.push(() =>
      answer(
        texts.map((text) => matchesOf(pattern, text)),
        0,
        true,
      ),
    );
  };
  const query = { ...EVERYTHING, pattern: { source, matchCase: false }, matchingOnly };
  const sieve = new SearchingSieve(query, first, { ask, close: () => {} }, () => {});
  return { sieve, answer: () => open.shift()?.() };
}

it('shows what matches and the marks between, in their order', () => {
  const { sieve, answer } = searching('x', true, [line('a', 1, 'x1'), line('a', 2, 'y2')]);
  sieve.add([begin('a', 3, 2), line('a', 4, 'x4')]);
  expect(sieve.ready).toBe(false);
  answer();
  answer();
  expect(sieve.ready).toBe(true);
  expect(wordsOf(sieve.rows)).toEqual(['x1', '[2 began]', 'x4']);
});

it('shows everything at once where matches are only marked', () => {
  const lines = [line('a', 1, 'x1'), line('a', 2, 'y2')];
  const { sieve, answer } = searching('x', false, lines);
  expect(wordsOf(sieve.rows)).toEqual(['x1', 'y2']);
  answer();
  expect(lines.map(({ matches }) => matches)).toEqual([[0, 1], null]);
});
