import { expect, it } from 'vitest';
import { sent, wordsOf } from './fixtures.ts';
import { Reader } from './reader.ts';

it('drops what comes again after a reconnection', () => {
  const reader = new Reader('a');
  expect(wordsOf(reader.read([sent(1), sent(2)]))).toEqual(['line 1', 'line 2']);
  expect(wordsOf(reader.read([sent(1), sent(2), sent(3)]))).toEqual(['line 3']);
});

it('says how many lines are missing, and nothing of those before the first', () => {
  const reader = new Reader('a');
  expect(wordsOf(reader.read([sent(500)]))).toEqual(['line 500']);
  expect(wordsOf(reader.read([sent(503)]))).toEqual(['[2 missed]', 'line 503']);
});

it('keeps the order of the numbers where the clock was set back', () => {
  const reader = new Reader('a');
  const orders = reader.read([sent(1, 'x', 900), sent(2, 'y', 100), sent(3, 'z', 901)]).map(({ order }) => order);
  expect(orders).toEqual([900, 900, 901]);
});

it('begins anew only with a server that counts anew', () => {
  const reader = new Reader('a');
  reader.read([sent(10, 'old', 1_000)]);
  expect(reader.read([sent(1, 'other count', 2_000)])).toEqual([]);
  reader.serverRestarted();
  expect(reader.read([sent(10, 'old', 1_000)])).toEqual([]);
  expect(wordsOf(reader.read([sent(1, 'new', 2_000), sent(2, 'newer', 2_001)]))).toEqual(['new', 'newer']);
});

it('goes on after a server that counts on', () => {
  const reader = new Reader('a');
  reader.read([sent(10)]);
  reader.serverRestarted();
  expect(wordsOf(reader.read([sent(9), sent(10), sent(11)]))).toEqual(['line 11']);
});
