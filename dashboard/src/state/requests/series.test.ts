import { expect, it } from 'vitest';
import { flying, requestRow } from './fixtures.ts';
import { medianOf, Series, SLICE_MS, SLICES } from './series.ts';

const NEW = { begun: false, ended: false };
const NOW = 100 * SLICE_MS;

/** One that came in the current slice. */
const at = (id: number, rest = {}) => requestRow(id, { time: NOW + id, ...rest });

it('counts each request once, when it comes and when it ends', () => {
  const series = new Series();
  series.note(flying(1, { time: NOW }), NEW);
  series.note(flying(1, { time: NOW }), { begun: true, ended: false });
  series.note(at(1, { totalMs: 900, firstTokenMs: 100 }), { begun: true, ended: false });
  series.note(at(1), { begun: true, ended: true });
  series.note(at(2, { outcome: 'upstream_cut' }), NEW);
  const slice = series.slices(NOW, 0).at(-1);
  expect(slice).toEqual({ from: NOW, known: true, begun: 2, failed: 1, totalMs: 900, firstTokenMs: 100 });
});

it('says of which slices it knows everything', () => {
  const slices = new Series().slices(NOW, NOW - SLICE_MS);
  expect(slices.length).toBe(SLICES);
  expect(slices.filter(({ known }) => known).length).toBe(2);
});

it('forgets what is past', () => {
  const series = new Series();
  series.note(at(1), NEW);
  expect(series.slices(NOW + SLICES * SLICE_MS, 0).every(({ begun }) => begun === 0)).toBe(true);
  expect(series.slices(NOW, 0).at(-1)?.begun).toBe(0);
});

it('takes the middle', () => {
  expect(medianOf([])).toBeNull();
  expect(medianOf([5, 1, 9])).toBe(5);
  expect(medianOf([1, 2])).toBe(1);
});
