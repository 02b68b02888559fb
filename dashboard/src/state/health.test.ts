import { expect, it } from 'vitest';
import { healthsIn } from './health.ts';

it('reads how each provider is, and leaves out what it cannot read', () => {
  const ok = { status: 'ok', error: null, models: 3, retryInMs: null };
  const failing = { status: 'failing', error: 'refused', retryInMs: 4_000 };
  expect(healthsIn({ ok, failing, odd: 3, none: null })).toEqual({
    ok: { status: 'ok', error: null, models: 3, retryInMs: null },
    failing: { status: 'failing', error: 'refused', models: null, retryInMs: 4_000 },
  });
  expect(healthsIn(undefined)).toBeNull();
});
