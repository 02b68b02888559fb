import { describe, expect, it } from 'vitest';
import type { Provider } from '@/api/types.ts';
import { changeOf, check, creationOf, type Draft, draftOf, EMPTY, withType } from './provider-form.ts';

const STORED: Provider = {
  id: 'lm',
  name: 'LM Studio',
  type: 'lm-studio',
  baseUrl: 'http://127.0.0.1:1234/v1',
  enabled: true,
  priority: 5,
  description: '',
  hasApiKey: true,
  createdAt: 1,
  updatedAt: 1,
};

const GOOD: Draft = { ...EMPTY, name: 'Mine', baseUrl: 'http://127.0.0.1:9/v1' };

describe('a change', () => {
  const change = (edits: Partial<Draft>) => changeOf({ ...draftOf(STORED), ...edits }, STORED);

  it('is only what differs', () => {
    expect(change({})).toEqual({});
    expect(change({ name: ' LM Studio ', baseUrl: 'http://127.0.0.1:1234/v1/' })).toEqual({});
    expect(change({ name: 'Mine', priority: '-2', enabled: false })).toEqual({
      name: 'Mine',
      priority: -2,
      enabled: false,
    });
  });

  it('leaves the key that was not touched, replaces it, or removes it', () => {
    expect(change({ apiKey: '  ' })).toEqual({});
    expect(change({ apiKey: ' sk-1\n' })).toEqual({ apiKey: 'sk-1' });
    expect(change({ removeKey: true })).toEqual({ apiKey: null });
  });
});

describe('its own timeouts', () => {
  const stored: Provider = { ...STORED, firstByteTimeout: 1200, idleTimeout: 45 };
  const change = (edits: Partial<Draft>) => changeOf({ ...draftOf(stored), ...edits }, stored);

  it('are sent where they differ, and given back to the settings where they are emptied', () => {
    expect(change({})).toEqual({});
    expect(change({ connectTimeout: ' 2,5 ', firstByteTimeout: '1200.0', idleTimeout: '' })).toEqual({
      connectTimeout: 2.5,
      idleTimeout: null,
    });
  });

  it('of a new one are sent where they were filled in', () => {
    expect(creationOf({ ...GOOD, idleTimeout: '60' })).toMatchObject({ idleTimeout: 60 });
    expect(creationOf(GOOD)).not.toHaveProperty('idleTimeout');
  });
});

it('a new one is sent without what was left empty', () => {
  const { type, name, baseUrl } = GOOD;
  const rest = { type, name, baseUrl, enabled: true, priority: 0, description: '' };
  expect(creationOf(GOOD)).toEqual(rest);
  expect(creationOf({ ...GOOD, id: 'mine', apiKey: 'k' })).toEqual({ ...rest, id: 'mine', apiKey: 'k' });
});

describe('another type', () => {
  it('brings its name and its address', () => {
    expect(withType(EMPTY, 'ollama', true)).toEqual({
      type: 'ollama',
      name: 'Ollama',
      baseUrl: 'http://127.0.0.1:11434/v1',
    });
    const ollama = { ...EMPTY, ...withType(EMPTY, 'ollama', true) };
    expect(withType(ollama, 'openai-compatible', true)).toEqual({ type: 'openai-compatible', name: '', baseUrl: '' });
  });

  it('leaves what was typed, and the name of one that is there', () => {
    expect(withType(GOOD, 'ollama', true)).toEqual({ type: 'ollama' });
    expect(withType(draftOf(STORED), 'vllm', false)).toEqual({ type: 'vllm', baseUrl: 'http://127.0.0.1:8000/v1' });
  });
});

it('what is wrong is said at its field', () => {
  const wrong = (edits: Partial<Draft>) => Object.keys(check({ ...GOOD, ...edits }));
  expect(wrong({})).toEqual([]);
  expect(wrong({ name: ' ' })).toEqual(['name']);
  for (const baseUrl of [
    '',
    'x',
    '127.0.0.1:9/v1',
    'ftp://a/v1',
    'http://',
    'http://a',
    'http://a/',
    'http://u:p@a/v1',
  ]) {
    expect(wrong({ baseUrl }), baseUrl).toEqual(['baseUrl']);
  }
  for (const baseUrl of ['http://a/v1?k=1', 'http://a/v1#x']) expect(wrong({ baseUrl })).toEqual(['baseUrl']);
  expect(wrong({ baseUrl: ' https://openrouter.ai/api/v1/ ' })).toEqual([]);
  for (const priority of ['', '1.5', 'x', '1000001', '1e3'])
    expect(wrong({ priority }), priority).toEqual(['priority']);
  for (const priority of ['0', '-7', ' 12 ', '1000000']) expect(wrong({ priority }), priority).toEqual([]);
  expect(wrong({ apiKey: 'a b' })).toEqual(['apiKey']);
  expect(wrong({ apiKey: 'schlüssel' })).toEqual(['apiKey']);
  for (const seconds of ['0', '-1', 'x', '86401'])
    expect(wrong({ idleTimeout: seconds }), seconds).toEqual(['idleTimeout']);
  for (const seconds of ['', ' ', '0.5', '86400']) expect(wrong({ idleTimeout: seconds }), seconds).toEqual([]);
  expect(wrong({ id: '.x' })).toEqual(['id']);
  expect(wrong({ name: '', baseUrl: '', priority: '' })).toEqual(['name', 'baseUrl', 'priority']);
});
