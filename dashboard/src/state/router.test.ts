import { expect, it } from 'vitest';
import { readModels } from './router.ts';

it('reads whose each model is, each id once', () => {
  const data = [{ id: 'a', owned_by: 'ollama' }, { id: 'a' }, { id: 'b', available: false }, { name: 'c' }, null];
  expect(readModels({ data })).toEqual([
    { id: 'a', providerId: 'ollama', available: true },
    { id: 'b', providerId: null, available: false },
  ]);
  expect(readModels({ data: null })).toEqual([]);
});
