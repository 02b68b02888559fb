import { expect, it } from 'vitest';
import { ANY, type Filter, isAny, matcherOf, queryOf } from './filter.ts';
import { flying, idsOf, requestRow } from './fixtures.ts';
import type { RequestRow } from './row.ts';

const rows = [
  flying(4, { model: 'llama3', provider: 'ollama' }),
  requestRow(3, { outcome: 'upstream_cut', error: 'connection reset' }),
  requestRow(2, { outcome: 'client_gone', process: 'qwenProxy' }),
  requestRow(1),
];

const wordsOf = (row: RequestRow) => `${row.model} ${row.error}`;

function check(change: Partial<Filter>, ids: number[]) {
  expect(idsOf(rows.filter(matcherOf({ ...ANY, ...change }, wordsOf)))).toEqual(ids);
}

it('leaves through what all of it names', () => {
  check({}, [4, 3, 2, 1]);
  check({ outcome: 'in_flight' }, [4]);
  check({ outcome: 'failed' }, [3]);
  check({ outcome: 'client_gone' }, [2]);
  check({ provider: 'ollama' }, [4]);
  check({ model: 'qwen-plus', process: 'providerRouter' }, [3, 1]);
  check({ text: 'RESET  qwen' }, [3]);
  check({ text: 'nowhere' }, []);
});

it('knows whether it leaves out anything', () => {
  expect(isAny(ANY)).toBe(true);
  expect(isAny({ ...ANY, text: 'x' })).toBe(false);
  expect(isAny({ ...ANY, model: 'x' })).toBe(false);
});

it('leaves to the server what the server can do', () => {
  expect(queryOf(ANY)).toEqual({});
  expect(queryOf({ ...ANY, outcome: 'failed', text: 'x', process: 'a' })).toEqual({ process: 'a' });
  expect(queryOf({ ...ANY, outcome: 'in_flight', model: 'm' })).toEqual({ outcome: 'in_flight', model: 'm' });
});
