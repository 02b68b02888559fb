import { describe, expect, it } from 'vitest';
import type { State } from '@/api/types.ts';
import { process } from './fixtures.ts';
import type { Order } from './live.ts';
import {
  credentialsWordOf,
  lifecycleLineOf,
  overallOf,
  primaryIdOf,
  refusalOf,
  refusalOfAll,
  viewOf,
} from './select.ts';

const view = (id: string, state: State) => viewOf(process(id, state), undefined);
const views = (...states: State[]) => states.map((state, at) => view(`p${at}`, state));

it('all processes together are what the server says they are', () => {
  const check = (states: State[], expected: string) => expect(overallOf(views(...states))).toBe(expected);
  check([], 'stopped');
  check(['running', 'running'], 'running');
  check(['running', 'stopped'], 'partial');
  check(['running', 'error'], 'partial');
  check(['error', 'stopped'], 'error');
  check(['stopping', 'starting', 'error'], 'starting');
  check(['stopping', 'running'], 'stopping');
});

describe('the status bar', () => {
  const line = (...states: State[]) => lifecycleLineOf(views(...states), 'p0')?.text;

  it('shows the primary process', () => {
    expect(line('starting', 'error')).toBe('Starting...');
    expect(line('error', 'error')).toBe('Process exited with code 1');
    expect(line('running', 'stopped')).toBe('Running :3001');
  });

  it('shows what it says of itself while it stops', () => {
    const detailOf = (state: State) =>
      lifecycleLineOf([viewOf(process('a', state, { detail: '2 left' }), undefined)], 'a')?.detail;
    expect(detailOf('stopping')).toBe('2 left');
    expect(detailOf('running')).toBeUndefined();
  });

  it('shows another one that failed while the primary is well', () => {
    expect(line('running', 'stopped', 'error')).toBe('The p2: Process exited with code 1');
    expect(line('stopped', 'error')).toBe('The p1: Process exited with code 1');
  });

  it('knows which one is primary before it was told', () => {
    expect(primaryIdOf({ primary: null, ids: ['a', 'providerRouter'] })).toBe('providerRouter');
    expect(primaryIdOf({ primary: null, ids: ['a', 'b'] })).toBe('a');
    expect(primaryIdOf({ primary: 'b', ids: ['a', 'b'] })).toBe('b');
  });

  it('has a word for the credentials', () => {
    const check = (hasCredentials: boolean, isExpired: boolean, valid: boolean, word: string) =>
      expect(credentialsWordOf({ hasCredentials, isExpired, valid })).toBe(word);
    check(false, false, false, 'No credentials');
    check(true, false, true, 'Authenticated');
    check(true, true, false, 'Expired');
    check(true, false, false, 'Rejected');
  });
});

describe('orders', () => {
  it('are refused only with a reason, and Stop never while it starts', () => {
    const able = (state: State) =>
      (['start', 'stop', 'restart'] as Order[]).filter((want) => refusalOf(want, view('a', state), 'live') === null);
    expect(able('stopped')).toEqual(['start', 'restart']);
    expect(able('starting')).toEqual(['stop', 'restart']);
    expect(able('running')).toEqual(['stop', 'restart']);
    expect(able('stopping')).toEqual(['start', 'restart']);
    expect(able('error')).toEqual(['start', 'stop', 'restart']);
  });

  it('wait for the connection, and say so', () => {
    expect(refusalOf('stop', view('a', 'running'), 'reconnecting')).toContain('connection');
    expect(refusalOfAll('stop', views('running'), 'reconnecting')).toContain('connection');
  });

  it('to all are possible while they change one', () => {
    expect(refusalOfAll('start', views('running', 'stopped'), 'live')).toBeNull();
    expect(refusalOfAll('start', views('running', 'starting'), 'live')).not.toBeNull();
    expect(refusalOfAll('stop', views('stopped', 'error'), 'live')).toBeNull();
  });
});
