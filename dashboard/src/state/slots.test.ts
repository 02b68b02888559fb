import { expect, it } from 'vitest';
import type { State } from '@/api/types.ts';
import type { Past } from './history.ts';
import { sentenceOf, slotsOf } from './slots.ts';

const MINUTE = 60_000;
const NOW = 100 * MINUTE + 30_000;

const past = (minute: number, state: State, seq = minute): Past => ({
  time: minute * MINUTE,
  seq,
  state,
  message: `${state}!`,
});

function check(events: Past[], knownSince: number | null, expected: Record<number, State | null>) {
  const slots = slotsOf(events.slice(0, -1), events.at(-1) as Past, NOW, knownSince);
  expect(slots).toHaveLength(60);
  for (const [minute, state] of Object.entries(expected)) {
    const slot = slots.find(({ from }) => from === Number(minute) * MINUTE);
    expect(`${minute}: ${slot?.state}`).toBe(`${minute}: ${state}`);
  }
}

it('ends with the current minute', () => {
  const slots = slotsOf([], past(100, 'running'), NOW, null);
  expect(slots.at(-1)).toEqual({ from: 100 * MINUTE, state: 'running', messages: ['running!'] });
});

it('holds a state until the next one', () => {
  check([past(50, 'running'), past(70, 'stopped'), past(90, 'running')], null, {
    49: null,
    50: 'running',
    69: 'running',
    70: 'stopped',
    89: 'stopped',
    100: 'running',
  });
});

it('shows the worst of a minute, however short it was', () => {
  const failed: Past = { time: 80 * MINUTE + 5, seq: 81, state: 'error', message: 'error!' };
  check([past(60, 'running'), failed, { ...past(80, 'running', 82), time: 80 * MINUTE + 5 }], null, {
    79: 'running',
    80: 'error',
    81: 'running',
  });
});

it('knows nothing of before the journal, and that what is older than the whole journal was stopped', () => {
  check([past(90, 'running')], 85 * MINUTE, { 89: null, 90: 'running' });
  check([past(90, 'running')], 0, { 41: 'stopped', 89: 'stopped', 90: 'running' });
});

it('says it in a sentence', () => {
  const slots = slotsOf([past(81, 'error')], past(91, 'running'), NOW, null);
  expect(sentenceOf(slots)).toBe('10 of the last 20 minutes running, errors in 10 minutes');
});
