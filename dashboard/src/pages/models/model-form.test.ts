import { expect, it } from 'vitest';
import type { Model } from '@/api/types.ts';
import { changeOf, check, creationOf, type Draft, draftOf, emptyDraft, wordsOf } from './model-form.ts';

const STORED: Model = {
  id: 'fast',
  name: 'Fast',
  providerId: 'lm-studio',
  upstreamModel: 'qwen3-8b',
  capabilities: ['chat', 'tools'],
  createdAt: 1,
  updatedAt: 1,
};

it('a change is only what differs', () => {
  const change = (edits: Partial<Draft>) => changeOf({ ...draftOf(STORED), ...edits }, STORED);
  expect(change({})).toEqual({});
  expect(change({ capabilities: 'chat tools' })).toEqual({});
  expect(change({ capabilities: '' })).toEqual({ capabilities: [] });
  expect(change({ name: 'Faster', upstreamModel: ' qwen3-4b ' })).toEqual({
    name: 'Faster',
    upstreamModel: 'qwen3-4b',
  });
});

it('a new one is sent without what was left empty', () => {
  const draft = { ...emptyDraft('ollama'), name: 'Fast' };
  expect(creationOf(draft)).toEqual({ name: 'Fast', providerId: 'ollama', capabilities: [] });
  expect(creationOf({ ...draft, id: 'f', upstreamModel: 'm' })).toMatchObject({ id: 'f', upstreamModel: 'm' });
});

it('what is wrong is said at its field', () => {
  const wrong = (edits: Partial<Draft>, isNew: boolean) => Object.keys(check({ ...draftOf(STORED), ...edits }, isNew));
  expect(wrong({}, false)).toEqual([]);
  expect(wrong({ name: '' }, false)).toEqual(['name']);
  expect(wrong({ providerId: '' }, true)).toEqual(['providerId']);
  expect(wrong({ upstreamModel: '' }, true)).toEqual([]);
  expect(wrong({ upstreamModel: '' }, false)).toEqual(['upstreamModel']);
  expect(wrong({ upstreamModel: 'a b', id: 'c d' }, true)).toEqual(['upstreamModel', 'id']);
});

it('capabilities are words, each once', () => {
  expect(wordsOf(' chat,tools ,, chat vision ')).toEqual(['chat', 'tools', 'vision']);
  expect(wordsOf('')).toEqual([]);
});
