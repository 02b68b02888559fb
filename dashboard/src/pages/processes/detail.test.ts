import { expect, it } from 'vitest';
import type { Process, State } from '@/api/types.ts';
import { process } from '@/state/fixtures.ts';
import { viewOf } from '@/state/select.ts';
import { detailOf, tellingLineOf } from './detail.ts';

function check(state: State, rest: Partial<Process>, expected: string, waitsFor: string[] = []) {
  const view = viewOf(process('a', state, rest), undefined);
  expect(detailOf(view, { now: 10_000, waitsFor })).toBe(expected);
}

it('says why a state is what it is', () => {
  check('stopped', { generation: 0 }, 'Not started yet');
  check('starting', { pid: null }, 'Waiting for Qwen proxy', ['Qwen proxy']);
  check('starting', { pid: 7, startedAt: 4_000 }, 'Spawned 6 s ago');
  check(
    'running',
    { evidence: { line: 'ready', port: 80, http: 200, notifierPid: 7, afterMs: 120 } },
    'Ready after 120 ms · “ready” · port 80 accepts · HTTP 200 · READY=1',
  );
  check(
    'stopping',
    { survivors: [{ pid: 4, name: 'node' }], killAt: 12_500 },
    'Still alive: node (pid 4) · SIGKILL in 3 s',
  );
  check('starting', { pid: 7, startedAt: 4_000, detail: 'Loading' }, 'Loading · Spawned 6 s ago');
  check('running', { evidence: null, detail: 'Idle' }, 'Idle');
  check('stopping', { detail: 'Draining: 2', killAt: 12_500 }, 'Draining: 2 · SIGKILL in 3 s');
  check('error', { restart: { attempt: 2, max: 5, at: 12_100 } }, 'Restarting in 3 s (2 of 5)');
  check('error', { restart: { attempt: 2, max: 5, at: 9_000 } }, 'Restarting in 0 s (2 of 5)');
  check('error', {}, '');
});

it('says nothing of a state that was ordered and not confirmed', () => {
  const stopped = process('a', 'stopped', { generation: 0 });
  const view = viewOf(stopped, { ticket: 1, want: 'start', shows: 'starting', before: stopped });
  expect(detailOf(view, { now: 0, waitsFor: [] })).toBe('');
});

it('picks the line that tells most of what was written last', () => {
  const pick = (...texts: string[]) => tellingLineOf(texts.map((text) => ({ stream: 'stderr' as const, text })));
  expect(pick('loading', 'out of memory')).toBe('out of memory');
  expect(pick("Error: Cannot find module './app'", '    at resolve (loader:1228:15)', '', 'Node.js v22.1.0')).toBe(
    "Error: Cannot find module './app'",
  );
  expect(pick('Traceback:', '  File "a.py", line 1', 'ValueError: no')).toBe('ValueError: no');
  expect(pick('Error: one', '   at onError (a.js:1:1)')).toBe('Error: one');
  expect(pick('', ' ')).toBeUndefined();
  expect(tellingLineOf(null)).toBeUndefined();
});
