import { expect, it } from 'vitest';
import type { QwenCredentials } from '@/api/types.ts';
import { secondsOf } from '@/pages/shared/timeouts.ts';
import { bodyOf, check, EMPTY, endOf, draftOf as storedOf } from './credentials-form.ts';
import { changesOf, checkRows, check as checkTimeouts, draftOf } from './timeouts.ts';

it('credentials are sent without what was left empty', () => {
  expect(bodyOf({ ...EMPTY, apiKey: ' sk-1 ' })).toEqual({ apiKey: 'sk-1', region: 'intl' });
  const whole = { apiKey: 'sk-1', region: 'us', baseUrl: 'https://a/v1/', expiresAt: '2030-02-28' } as const;
  const expiresAt = new Date(2030, 1, 28, 23, 59, 59, 999).getTime();
  expect(bodyOf(whole)).toEqual({ apiKey: 'sk-1', region: 'us', baseUrl: 'https://a/v1', expiresAt });
});

it('a new key keeps the region and the address of the one before', () => {
  const known = { region: 'us', baseUrl: 'https://a/v1' } as QwenCredentials;
  expect(bodyOf({ ...storedOf(known), apiKey: 'sk-2' })).toEqual({
    apiKey: 'sk-2',
    region: 'us',
    baseUrl: 'https://a/v1',
  });
  expect(storedOf(null)).toEqual(EMPTY);
});

it('a day ends where it is looked at, and is one of the calendar', () => {
  expect(endOf('2030-01-31')).toBe(new Date(2030, 1, 1).getTime() - 1);
  for (const none of ['', '2030-02-30', '2030-13-01', '30-1-1', 'tomorrow']) expect(endOf(none), none).toBeNull();
});

it('wrong credentials are said at their fields', () => {
  const now = new Date(2030, 5, 15, 12).getTime();
  const wrong = (edits: object) => Object.keys(check({ ...EMPTY, apiKey: 'sk-1', ...edits }, now));
  expect(wrong({})).toEqual([]);
  expect(wrong({ apiKey: ' ' })).toEqual(['apiKey']);
  expect(wrong({ apiKey: 'sk 1' })).toEqual(['apiKey']);
  expect(wrong({ baseUrl: 'x' })).toEqual(['baseUrl']);
  expect(wrong({ expiresAt: '2030-06-14' })).toEqual(['expiresAt']);
  expect(wrong({ expiresAt: '2030-06-15' })).toEqual([]);
});

it('timeouts are seconds', () => {
  expect(['10', ' 0.5 ', '1,5', '.5', '86400'].map(secondsOf)).toEqual([10, 0.5, 1.5, 0.5, 86_400]);
  for (const none of ['', '0', '-1', 'x', '1e3', '86401', '5.', 'Infinity']) expect(secondsOf(none), none).toBeNull();
  expect(Object.keys(checkTimeouts({ ...draftOf(null), idle_timeout_s: '0' }))).toEqual(['idle_timeout_s']);
});

it('only timeouts that differ are sent', () => {
  const settings = { connect_timeout_s: 10, first_byte_timeout_s: 600, idle_timeout_s: 300 };
  expect(changesOf(draftOf(settings), settings)).toEqual([]);
  expect(changesOf({ ...draftOf(settings), idle_timeout_s: '60' }, settings)).toEqual([['idle_timeout_s', 60]]);
});

it('keeps a whole number of requests', () => {
  const valid = ['0', '10000', ' 1000000 '].map((rows) => checkRows({ rows }).rows);
  expect(valid).toEqual([undefined, undefined, undefined]);
  for (const rows of ['', '-1', '1.5', '1000001', 'many']) expect(checkRows({ rows }).rows).toMatch(/whole number/);
});
