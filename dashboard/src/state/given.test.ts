import { beforeEach, describe, expect, it } from 'vitest';
import { process, status } from './fixtures.ts';
import { takeGiven } from './given.ts';
import { apply, initial } from './live.ts';

const give = (text: string) => {
  const meta = document.createElement('meta');
  meta.name = 'signalbox-status';
  meta.content = text;
  document.head.append(meta);
};

beforeEach(() => document.head.replaceChildren());

describe('what the page carries', () => {
  it('is known at once, and does not make the connection live', () => {
    give(JSON.stringify({ status: status([process('a', 'running')], 7), timestamp: new Date().toISOString() }));
    const message = takeGiven();
    const state = message ? apply(initial, message) : initial;
    expect(state).toMatchObject({ connection: 'connecting', seq: 7, ids: ['a'] });
    expect(state.processes.a?.state).toBe('running');
    expect(Math.abs(state.clockAhead)).toBeLessThan(10_000);
  });

  it('is taken once', () => {
    give('{}');
    expect(takeGiven()).not.toBeNull();
    expect(takeGiven()).toBeNull();
  });

  it('says so where it cannot be read', () => {
    give('<html>');
    const message = takeGiven();
    expect(message && apply(initial, message).oddity).toMatch(/cannot read/);
  });
});
