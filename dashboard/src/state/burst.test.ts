import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { receive } from './burst.ts';
import { event, process, status } from './fixtures.ts';
import { initial } from './live.ts';
import { live } from './store.ts';

beforeEach(() => {
  vi.useFakeTimers();
  live.setState(initial, true);
});

afterEach(() => {
  vi.useRealTimers();
});

const STATES = ['starting', 'running'] as const;

const update = (seq: number) =>
  receive({ kind: 'update', event: event(process('a', STATES[seq % 2], { since: seq }), seq) });

it('folds a few in each by itself and many together, and loses none', () => {
  const seen: number[] = [];
  const leave = live.subscribe((state) => seen.push(state.seq));
  receive({ kind: 'status', source: 'fresh', status: status([process('a')], 0) });
  for (let seq = 1; seq <= 10; seq += 1) {
    update(seq);
    expect(live.getState().seq).toBe(seq);
  }
  for (let seq = 11; seq <= 200; seq += 1) update(seq);
  expect(live.getState().seq).toBeLessThan(200);
  vi.advanceTimersByTime(20);
  leave();
  expect(live.getState().seq).toBe(200);
  expect(live.getState().missing).toBeNull();
  expect(seen).toEqual(Array.from({ length: 201 }, (_none, seq) => seq));
});
