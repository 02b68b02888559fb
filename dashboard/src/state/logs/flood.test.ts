import { expect, it } from 'vitest';
import { Calm, Meter } from './flood.ts';

it('tells a flood from a burst', () => {
  const lines = (meter: Meter, count: number, everyMs: number) =>
    Array.from({ length: count }, (_line, at) => meter.add(10_000 + at * everyMs)).some((flood) => flood);
  expect(lines(new Meter(), 1_000, 0)).toBe(false);
  expect(lines(new Meter(), 10_000, 1)).toBe(false);
  expect(lines(new Meter(), 10_000, 0.1)).toBe(true);
});

it('is calm only after it was so for a while', () => {
  const calm = new Calm();
  expect(calm.sample(1_000, 100, 0)).toBe(false);
  expect(calm.sample(11_000, 2_000, 200)).toBe(false);
  expect(calm).toMatchObject({ rate: 50_000, missed: true });
  expect(calm.sample(11_010, 2_000, 400)).toBe(false);
  expect(calm).toMatchObject({ rate: 50, missed: false });
  expect(calm.sample(11_020, 2_000, 2_000)).toBe(false);
  expect(calm.sample(11_030, 2_000, 2_400)).toBe(true);
});
