import { expect, it } from 'vitest';
import type { Provider, Settings } from '@/api/types.ts';
import { byPriority, moved, orderOf } from './fallback.ts';

const provider = (id: string, priority: number, enabled = true) => ({ id, priority, enabled }) as Provider;
const providers = [provider('a', 0), provider('b', 10), provider('c', 5, false)];

it('is what was chosen, without what is gone; else by priority', () => {
  expect(orderOf({ fallback_order: null } as Settings, providers)).toBeNull();
  expect(orderOf(null, providers)).toBeNull();
  expect(orderOf({ fallback_order: ['b', 'gone', 'a'] } as unknown as Settings, providers)).toEqual(['b', 'a']);
  expect(byPriority(providers)).toEqual(['b', 'a']);
});

it('moves one by a place, and no further than the end', () => {
  expect(moved(['a', 'b', 'c'], 'c', -1)).toEqual(['a', 'c', 'b']);
  expect(moved(['a', 'b', 'c'], 'a', 1)).toEqual(['b', 'a', 'c']);
  expect(moved(['a', 'b'], 'a', -1)).toEqual(['a', 'b']);
  expect(moved(['a', 'b'], 'x', 1)).toEqual(['a', 'b']);
});
