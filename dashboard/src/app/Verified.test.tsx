import { fireEvent, render, screen } from '@testing-library/react';
import { afterEach, expect, test, vi } from 'vitest';
import type { Audit } from '@/api/types.ts';
import { Verified, verifiedWords } from './Verified.tsx';

const AUDIT: Audit = { verifiedAt: 1_767_225_600_000, age: 0.42, checks: 1_204, violations: 0, last: [] };

afterEach(() => vi.unstubAllGlobals());

test('the server is asked when somebody points at it, and not before', async () => {
  const asked = vi.fn(async () => Response.json(AUDIT));
  vi.stubGlobal('fetch', asked);
  render(<Verified>Live</Verified>);
  expect(asked).not.toHaveBeenCalled();
  fireEvent.pointerEnter(screen.getByText('Live'));
  expect(await screen.findByTitle(/^Verified 0\.4 s ago: of 1,204 states/)).toBeTruthy();
});

test('what is untrue is counted, and without a look nothing is said', () => {
  expect(verifiedWords({ ...AUDIT, age: 31.6, violations: 2 })).toBe(
    'Verified 32 s ago: of 1,204 states compared with /proc, 2 untrue',
  );
  expect(verifiedWords({ ...AUDIT, age: null })).toBeUndefined();
});
