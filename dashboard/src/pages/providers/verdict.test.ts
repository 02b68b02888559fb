import { expect, it } from 'vitest';
import type { Seen } from '@/state/health.ts';
import type { TestEnd } from '@/state/tests.ts';
import { keyless, type Verdict, verdictOf } from './verdict.ts';

const ok: Seen = { status: 'ok', error: null, models: 3, retryInMs: null, since: 1_000 };
const failing: Seen = { status: 'failing', error: 'refused', models: null, retryInMs: 4_200, since: 1_000 };
const unknown: Seen = { ...ok, status: 'unknown', models: null };
const passed = (at: number): TestEnd => ({ kind: 'passed', at, durationMs: 7, models: ['a', 'b', 'c'] });
const failed = (at: number): TestEnd => ({ kind: 'failed', at, durationMs: 2, reason: 'Nothing listens there' });

function check(given: Parameters<typeof verdictOf>, status: string, notes: string[], reason: Verdict['reason'] = null) {
  expect(verdictOf(...given)).toEqual({ status, notes, reason });
}

it('is the test’s where no router knows', () => {
  check([undefined, undefined], 'untested', []);
  check([undefined, { kind: 'running' }], 'untested', []);
  check([undefined, passed(1)], 'passed', ['3 models', '7 ms']);
  check([undefined, failed(1)], 'failed', ['2 ms'], 'Nothing listens there');
  check([unknown, passed(1)], 'passed', ['3 models', '7 ms']);
  check([undefined, { ...failed(1), durationMs: null } as TestEnd], 'failed', [], 'Nothing listens there');
});

it('is the router’s where nothing was tested', () => {
  check([ok, undefined], 'ok', ['3 models']);
  check([{ ...ok, models: 1 }, undefined], 'ok', ['1 model']);
  check([failing, { kind: 'running' }], 'failing', ['next try in 5 s'], 'refused');
});

it('says once what both say, in the words of who asked last', () => {
  check([ok, passed(500)], 'ok', ['3 models', '7 ms']);
  check([failing, failed(2_000)], 'failing', ['next try in 5 s', '2 ms'], 'Nothing listens there');
  check([failing, failed(500)], 'failing', ['next try in 5 s', '2 ms'], 'refused');
});

it('says both where they differ, until the router has seen it, too', () => {
  check([ok, failed(2_000)], 'ok', ['3 models', 'test failed, 2 ms'], 'Nothing listens there');
  check([failing, passed(2_000)], 'failing', ['next try in 5 s', 'test passed, 7 ms'], 'refused');
  check([ok, failed(500)], 'ok', ['3 models']);
  check([failing, passed(500)], 'failing', ['next try in 5 s'], 'refused');
});

it('tells of a test of one that is disabled', () => {
  const disabled: Seen = { ...ok, status: 'disabled', models: null };
  check([disabled, passed(500)], 'disabled', ['test passed, 7 ms']);
  check([disabled, failed(500)], 'disabled', ['test failed, 2 ms'], 'Nothing listens there');
});

it('does not call a key rejected where there is none', () => {
  const rejected = verdictOf({ ...failing, status: 'rejected', retryInMs: null }, undefined);
  expect(keyless(rejected)).toEqual({ status: 'keyless', notes: [], reason: 'refused' });
  expect(keyless(verdictOf(failing, undefined)).status).toBe('failing');
});
