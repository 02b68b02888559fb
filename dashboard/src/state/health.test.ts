import { expect, it } from 'vitest';
import { healthsIn, seenNow } from './health.ts';

it('reads how each provider is, and leaves out what it cannot read', () => {
  const ok = { status: 'ok', error: null, models: 3, retryInMs: null };
  const failing = { status: 'failing', error: 'refused', retryInMs: 4_000 };
  expect(healthsIn({ ok, failing, odd: 3, none: null })).toEqual({
    ok: { status: 'ok', error: null, models: 3, retryInMs: null },
    failing: { status: 'failing', error: 'refused', models: null, retryInMs: 4_000 },
  });
  expect(healthsIn(undefined)).toBeNull();
});

it('knows since when each is as it is', () => {
  const ok = { status: 'ok', error: null, models: 3, retryInMs: null };
  const failing = { status: 'failing', error: 'refused', models: null, retryInMs: 4_000 };
  const first = seenNow(null, { a: ok, b: failing }, 1_000);
  const then = seenNow(first, { a: { ...ok, models: 4 }, b: { ...failing, error: 'reset', retryInMs: 2_000 } }, 2_000);
  expect(then?.a).toEqual({ ...ok, models: 4, since: 1_000 });
  expect(then?.b?.since).toBe(2_000);
  expect(seenNow(then, null, 3_000)).toBeNull();
});
