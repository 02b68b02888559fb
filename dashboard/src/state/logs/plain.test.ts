import { expect, it } from 'vitest';
import { plain, styled } from './plain.ts';

function check(text: string, expectedPlain: string, expectedStyled = expectedPlain) {
  expect(plain(text)).toBe(expectedPlain);
  expect(styled(text)).toBe(expectedStyled);
}

it('leaves colours and nothing else of what a text says to a terminal', () => {
  check('as it is', 'as it is');
  check('a\tb', 'a\tb');
  check('\u001b[31mred\u001b[0m', 'red', '\u001b[31mred\u001b[0m');
  check('\u001b[2K\u001b[1Gmoved \u001b[?25lhidden', 'moved hidden');
  check('\u001b]0;title\u0007text', 'text');
  check('\u001b]8;;http://x\u001b\\link\u001b]8;;\u001b\\', 'link');
  check('\u001b[38:2::1:2:3mcolons', 'colons');
  check('broken \u001b[3', 'broken 3');
  check('bell\u0007 back\u0008', 'bell back');
});

it('shows what was to be seen last of a line that was written over', () => {
  check('10 %\r50 %\r100 %', '100 %');
  check('windows\r', 'windows');
});
