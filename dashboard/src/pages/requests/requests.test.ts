import { describe, expect, it } from 'vitest';
import { ANY } from '@/state/requests/filter.ts';
import { flying, idsOf, requestRow } from '@/state/requests/fixtures.ts';
import { type Address, readAddress, writeAddress } from './address.ts';
import { beside } from './beside.ts';
import { curlOf } from './curl.ts';
import { asTheyAre, countNews } from './useHeld.ts';
import { outcomeOf, rateOf, searchTextOf, sentenceOf, tokensOf } from './words.ts';

describe('the address', () => {
  function check(search: string, change: Partial<Address>) {
    const address = { ...ANY, id: null, ...change };
    expect(readAddress(new URLSearchParams(search))).toEqual(address);
    expect(readAddress(new URLSearchParams(writeAddress(address)))).toEqual(address);
  }

  it('brings the same view again', () => {
    check('', {});
    check('outcome=failed&provider=ollama', { outcome: 'failed', provider: 'ollama' });
    check('model=a%2Fb&process=qwenProxy&q=two+words', { model: 'a/b', process: 'qwenProxy', text: 'two words' });
    check('id=12', { id: 12 });
    check('id=none&outcome=', {});
  });
});

describe('the curl line', () => {
  function check(rest: Parameters<typeof requestRow>[1], lines: string[]) {
    expect(curlOf(requestRow(1, rest), 'http://127.0.0.1:3001').split(' \\\n')).toEqual(lines);
  }
  const header = "  -H 'content-type: application/json'";

  it('is the same call with a body of its own', () => {
    check({ model: "it's" }, [
      'curl -N http://127.0.0.1:3001/v1/chat/completions',
      header,
      `  -d '{"model":"it'\\''s","messages":[{"role":"user","content":"Hello"}],"stream":true}'`,
    ]);
    check({ path: '/v1/embeddings', stream: false, model: null }, [
      'curl http://127.0.0.1:3001/v1/embeddings',
      header,
      `  -d '{"model":"MODEL","input":"Hello"}'`,
    ]);
    check({ path: '/v1/models' }, ['curl http://127.0.0.1:3001/v1/models']);
  });

  it('has the limit that Anthropic’s protocol wants', () => {
    const line = curlOf(requestRow(1, { path: '/v1/messages', stream: false }), 'http://x');
    expect(line).toContain('"max_tokens":1024');
  });
});

describe('words', () => {
  it('say how it ended, also where that is not known here', () => {
    expect(outcomeOf(flying(1)).word).toBe('In flight');
    expect(outcomeOf(requestRow(1, { outcome: 'idle_timeout' })).word).toBe('Fell silent');
    expect(outcomeOf(requestRow(1, { outcome: 'something_new' })).word).toBe('something new');
  });

  it('say all of it to who hears the list', () => {
    expect(sentenceOf(requestRow(1))).toBe('Complete, status 200, qwen-plus, from qwen-proxy, in 1.0 s');
    expect(sentenceOf(flying(1, { status: null, model: null, provider: null }))).toBe('In flight, no model');
  });

  it('count tokens', () => {
    expect(tokensOf(requestRow(1, { promptTokens: 1_204 }))).toBe('1,204 → 40');
    expect(tokensOf(requestRow(1, { promptTokens: null, completionTokens: null }))).toBe('–');
    expect(rateOf(requestRow(1))).toBe(50);
    expect(rateOf(requestRow(1, { completionTokens: 2 }))).toBeNull();
  });

  it('are found by what is read', () => {
    expect(searchTextOf(requestRow(1, { outcome: 'upstream_cut', error: 'reset' }))).toContain('reset 200 Cut off');
  });
});

describe('a held list', () => {
  const frozen = [flying(3), requestRow(2)];
  const now = [flying(5), flying(4), requestRow(3), requestRow(2), requestRow(1)];

  it('shows the same requests as they are now, and older ones that were asked for', () => {
    const shown = asTheyAre(frozen, now);
    expect(idsOf(shown)).toEqual([3, 2, 1]);
    expect(shown[0]?.outcome).toBe('complete');
    expect(idsOf(asTheyAre(frozen, []))).toEqual([3, 2]);
  });

  it('counts those that came since', () => {
    expect(countNews(frozen, now)).toBe(2);
    expect(countNews([], now)).toBe(5);
  });
});

it('goes from one request to the next', () => {
  const rows = [requestRow(3), requestRow(2)];
  expect(beside(rows, 3, 1)).toBe(2);
  expect(beside(rows, 3, -1)).toBeNull();
  expect(beside(rows, null, 1)).toBe(3);
  expect(beside(rows, 77, -1)).toBe(3);
  expect(beside([], 1, 1)).toBeNull();
});
