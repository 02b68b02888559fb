import { expect, it } from 'vitest';
import { type Address, readAddress, toggled, writeAddress } from './address.ts';

const usual: Address = { processes: null, source: '', matchCase: false, mode: 'filter', stream: null };

function check(search: string, change: Partial<Address>) {
  const address = { ...usual, ...change };
  expect(readAddress(new URLSearchParams(search))).toEqual(address);
  expect(readAddress(new URLSearchParams(writeAddress(address)))).toEqual(address);
}

it('brings the same view again', () => {
  check('', {});
  check('p=a', { processes: ['a'] });
  check('p=a,b&q=x%2B%26y&stream=stderr', { processes: ['a', 'b'], source: 'x+&y', stream: 'stderr' });
  check('q=x&case=1&mode=find', { source: 'x', matchCase: true, mode: 'find' });
  check('p=&stream=elsewhere&mode=other', {});
});

it('shows one alone first, then adds and takes away', () => {
  expect(toggled(null, 'a')).toEqual(['a']);
  expect(toggled(['a'], 'b')).toEqual(['a', 'b']);
  expect(toggled(['a', 'b'], 'a')).toEqual(['b']);
  expect(toggled(['b'], 'b')).toBeNull();
});
