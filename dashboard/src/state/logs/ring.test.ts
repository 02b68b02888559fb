import fc from 'fast-check';
import { expect, it } from 'vitest';
import { compare, type Gap, nextKey } from './entry.ts';
import { begin, line, wordsOf } from './fixtures.ts';
import { Ring } from './ring.ts';

const gap = (process: string, order: number, missed: number): Gap => ({
  kind: 'gap',
  key: nextKey(),
  process,
  order,
  missed,
});

it('merges the tail of one process into the lines of another, by time', () => {
  const ring = new Ring();
  ring.add([line('a', 1), line('a', 3), line('a', 5)]);
  ring.add([line('b', 2), line('b', 3), line('b', 6)]);
  expect(wordsOf(ring)).toEqual(['a 1', 'b 2', 'a 3', 'b 3', 'a 5', 'b 6']);
});

it('puts the begin of a generation before the lines of its millisecond', () => {
  const ring = new Ring();
  ring.add([line('a', 1), line('a', 2)]);
  ring.add([begin('a', 2, 7)]);
  expect(wordsOf(ring)).toEqual(['a 1', '[7 began]', 'a 2']);
});

it('keeps the newest, by number and by size', () => {
  const few = new Ring(3);
  few.add([1, 2, 3, 4, 5].map((order) => line('a', order)));
  expect(wordsOf(few)).toEqual(['a 3', 'a 4', 'a 5']);
  const small = new Ring(100, 10);
  small.add([line('a', 1, 'xxxxxx'), line('a', 2, 'yyyyyy'), line('a', 3, 'z')]);
  expect(wordsOf(small)).toEqual(['yyyyyy', 'z']);
});

it('keeps one line that is larger than all may be', () => {
  const ring = new Ring(100, 10);
  ring.add([line('a', 1), line('a', 2, 'x'.repeat(50))]);
  expect(wordsOf(ring)).toEqual(['x'.repeat(50)]);
});

it('makes one gap of gaps that nothing stands between', () => {
  const ring = new Ring();
  ring.add([line('a', 1), gap('a', 2, 10)]);
  ring.add([gap('a', 3, 5), gap('b', 3, 1), line('a', 4)]);
  expect(wordsOf(ring)).toEqual(['a 1', '[15 missed]', '[1 missed]', 'a 4']);
});

it('holds for any batches: sorted, bounded, the newest', () => {
  const batches = fc.array(fc.array(fc.tuple(fc.constantFrom('a', 'b'), fc.nat(50))), { maxLength: 20 });
  fc.assert(
    fc.property(batches, (all) => {
      const ring = new Ring(20);
      for (const batch of all) ring.add(batch.map(([process, order]) => line(process, order)));
      const rows = ring.toArray();
      expect(rows.length).toBe(Math.min(20, all.flat().length));
      expect(rows).toEqual([...rows].sort(compare));
    }),
  );
});
