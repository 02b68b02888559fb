import fc from 'fast-check';
import { expect, it } from 'vitest';
import { plain } from '@/state/logs/plain.ts';
import { piecesOf } from './pieces.ts';

function check(text: string, matches: number[] | null, expected: string[]) {
  const words = piecesOf(text, matches).map(({ text: piece, className, match }) =>
    [piece, className, match ? 'match' : ''].filter(Boolean).join('|'),
  );
  expect(words).toEqual(expected);
}

it('cuts a line where its look changes', () => {
  check('plain', null, ['plain']);
  check('a\u001b[31mb\u001b[0mc', null, ['a', 'b|ansi-fg-red', 'c']);
  check('\u001b[1;92mb\u001b[0m', null, ['b|ansi-fg-green ansi-bold']);
  check('\u001b[7mb', null, ['b|ansi-fg-black ansi-on-white']);
  check('\u001b[31;7mb', null, ['b|ansi-fg-black ansi-on-red']);
  check('\u001b[44;97mb', null, ['b|ansi-fg-white ansi-on-blue']);
  check('\u001b[2;3;4;9mb', null, ['b|ansi-dim ansi-italic ansi-underline ansi-strikethrough']);
});

it('gives the nearest of eight hues to what has more colours', () => {
  check('\u001b[38;5;196mb', null, ['b|ansi-fg-red']);
  check('\u001b[38;5;240mb', null, ['b|ansi-fg-black']);
  check('\u001b[38;2;20;200;220mb', null, ['b|ansi-fg-cyan']);
  check('\u001b[48;2;250;250;10mb', null, ['b|ansi-on-yellow']);
});

it('marks a match across a change of look', () => {
  check('ab\u001b[31mcd\u001b[0mef', [1, 3], ['a', 'b|match', 'c|ansi-fg-red|match', 'd|ansi-fg-red', 'ef']);
  check('abc', [0, 1, 2, 3], ['a|match', 'b', 'c|match']);
  check('abc', [1, 1], ['abc']);
});

it('shows the plain text whatever it says to a terminal', () => {
  const part = fc.oneof(
    fc.string(),
    fc.constantFrom(
      '\u001b[',
      '\u001b[31m',
      '\u001b[0;1m',
      '\u001b[38;5;9m',
      '\u001b]0;x\u0007',
      '\u001b',
      '\r',
      '5m',
      '<b>',
    ),
  );
  fc.assert(
    fc.property(fc.array(part), (parts) => {
      const text = parts.join('');
      const shown = piecesOf(text, null).map((piece) => piece.text);
      expect(shown.join('')).toBe(plain(text));
    }),
    { numRuns: 2_000 },
  );
});
