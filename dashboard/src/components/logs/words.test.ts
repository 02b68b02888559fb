import { expect, it } from 'vitest';
import { begin, line } from '@/state/logs/fixtures.ts';
import { textOf } from './words.ts';

it('writes each row as a line, without colours', () => {
  const rows = [begin('a', 0, 2), line('a', 1_500, '\u001b[31mred\u001b[0m')];
  expect(textOf(rows)).toBe(
    '1970-01-01T00:00:00.000Z a --- Generation 2 began\n1970-01-01T00:00:01.500Z a stdout red\n',
  );
});
