import { expect, it } from 'vitest';
import { compile, matchesOf } from './match.ts';

function check(source: string, text: string, expected: number[] | null, matchCase = false) {
  const pattern = compile({ source, matchCase });
  if (typeof pattern === 'string') throw new Error(pattern);
  expect(matchesOf(pattern, text)).toEqual(expected);
}

it('finds all matches, with or without case', () => {
  check('err', 'an Error, an err', [3, 6, 13, 16]);
  check('err', 'an Error, an err', [13, 16], true);
  check('nothing', 'an Error', null);
  check('a*', 'b', [0, 0, 1, 1]);
  check('\\-x', 'a-x', [1, 3]);
  check('\\p{Lu}', 'aÄ', [1, 2], true);
});

it('marks only so many of one line', () => {
  const pattern = compile({ source: 'x', matchCase: false }) as RegExp;
  expect(matchesOf(pattern, 'x'.repeat(1_000))?.length).toBe(64);
});

it('says why an expression is none', () => {
  expect(compile({ source: '(a', matchCase: false })).toBe('Unterminated group');
  expect(compile({ source: '[', matchCase: false })).toBe('Unterminated character class');
  expect(compile({ source: 'a: **', matchCase: false })).toBe('Nothing to repeat');
});
