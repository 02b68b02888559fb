import { expect, it } from 'vitest';
import { type Answer, BEGUN, withEnd, withEvent, withWhole } from './answer.ts';

const chunk = (delta: object, rest: object = {}) => JSON.stringify({ choices: [{ index: 0, delta, ...rest }] });
const usage = JSON.stringify({ choices: [], usage: { prompt_tokens: 3, completion_tokens: 2, total_tokens: 5 } });

/** Each event comes 10 ms after the one before. */
function answerOf(events: readonly string[], name = ''): Answer {
  const grown = events.reduce((answer, data, at) => withEvent(answer, { name, data }, (at + 1) * 10), BEGUN);
  return withEnd(grown, (events.length + 1) * 10);
}

it('grows from its pieces, with tokens and times', () => {
  const answer = answerOf([
    chunk({ role: 'assistant', content: '' }),
    chunk({ content: 'Hel' }),
    chunk({ content: 'lo' }),
    chunk({}, { finish_reason: 'stop' }),
    usage,
    '[DONE]',
  ]);
  expect(answer).toEqual({
    text: 'Hello',
    reasoning: '',
    ending: 'complete',
    error: null,
    tokens: { prompt: 3, completion: 2 },
    finishReason: 'stop',
    firstMs: 20,
    totalMs: 60,
  });
});

it('keeps what was thought apart, under either name', () => {
  const answer = answerOf([
    chunk({ reasoning_content: 'Hm', content: null }),
    chunk({ reasoning: '.' }),
    chunk({ content: 'Yes' }),
  ]);
  expect([answer.reasoning, answer.text, answer.firstMs]).toEqual(['Hm.', 'Yes', 10]);
});

it('is incomplete without [DONE], whatever it said before', () => {
  expect(answerOf([chunk({ content: 'Hel' })]).ending).toBe('incomplete');
  expect(answerOf([chunk({ content: 'Hello' }, { finish_reason: 'stop' })]).ending).toBe('incomplete');
  expect(answerOf([]).ending).toBe('incomplete');
});

it('fails by an error in its midst, and keeps what came before', () => {
  const check = (data: string, error: string, name = '') => {
    const answer = withEnd(withEvent(answerOfRunning(), { name, data }, 99), 100);
    expect([answer.ending, answer.error, answer.text, answer.totalMs]).toEqual(['failed', error, 'Hel', 99]);
    expect(withEvent(answer, { name: '', data: chunk({ content: 'lo' }) }, 120)).toBe(answer);
  };
  check('{"error":{"message":"CUDA out of memory","type":"server_error"}}', 'CUDA out of memory');
  check('{"error":"no model"}', 'no model');
  check('{"message":"gone"}', 'gone', 'error');
  check('{"code":7}', '{"code":7}', 'error');
  check('<html>', 'The router sent what is not JSON: <html>');
});

const answerOfRunning = () => withEvent(BEGUN, { name: '', data: chunk({ content: 'Hel' }) }, 10);

it('survives pieces of another shape', () => {
  for (const data of ['{}', '[]', 'null', '7', '{"choices":7}', '{"choices":[null]}', '{"usage":null,"choices":[]}']) {
    expect(withEvent(answerOfRunning(), { name: '', data }, 20)).toEqual(answerOfRunning());
  }
});

it('may come all at once', () => {
  const body = JSON.parse('{"choices":[{"message":{"content":"Hello"},"finish_reason":"stop"}]}');
  expect(withWhole(BEGUN, body, 5)).toMatchObject({ text: 'Hello', ending: 'complete', firstMs: 5, totalMs: 5 });
  expect(withWhole(BEGUN, { error: { message: 'no' } }, 5)).toMatchObject({ ending: 'failed', error: 'no' });
  expect(withWhole(BEGUN, {}, 5).ending).toBe('failed');
});
