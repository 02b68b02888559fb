import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { feed, finish, type Leftover, NOTHING, type SseEvent } from './sse.ts';

function read(pieces: readonly string[]): SseEvent[] {
  let left: Leftover = NOTHING;
  const events: SseEvent[] = [];
  for (const piece of pieces) {
    const read = feed(left, piece);
    events.push(...read.events);
    left = read.left;
  }
  return [...events, ...finish(left)];
}

const data = (...texts: string[]) => texts.map((text) => ({ name: '', data: text }));
const check = (pieces: string[], expected: SseEvent[]) => expect(read(pieces)).toEqual(expected);

it('takes events with every end of a line', () => {
  check(['data: 1\n\ndata: 2\n\n'], data('1', '2'));
  check(['data: 1\r\n\r\ndata: 2\r\n\r\n'], data('1', '2'));
  check(['data: 1\r\rdata: 2\r\r'], data('1', '2'));
});

it('keeps CR LF together that was cut in two', () => {
  check(['data: 1\r', '\n\r', '\ndata: 2\r', '\n', '\r\n'], data('1', '2'));
  check(['data: 1\r', '\ndata: 2\r', '\n\r\n'], data('1\n2'));
});

it('passes over comments and fields that it does not know', () => {
  check([': ping\n\n', ':\n', 'id: 7\nretry: 10\ndata: 1\n\n', ': ping\n\n'], data('1'));
});

it('joins lines of data, and takes one space away', () => {
  check(['data:a\ndata:  b\ndata\n\n'], data('a\n b\n'));
});

it('knows the name of an event, which holds for that one alone', () => {
  check(['event: error\ndata: 1\n\ndata: 2\n\n'], [{ name: 'error', data: '1' }, ...data('2')]);
  check(['event: error\n\ndata: 2\n\n'], data('2'));
});

it('takes a last event that nothing came after', () => {
  check(['data: [DONE]'], data('[DONE]'));
  check(['data: [DONE]\n'], data('[DONE]'));
  check(['data: [DONE]\r'], data('[DONE]'));
  check(['data: [DONE]\n\n', ': bye'], data('[DONE]'));
  check([''], []);
});

describe('a stream', () => {
  const end = fc.constantFrom('\n', '\r\n');
  const line = fc.string({ unit: fc.constantFrom('a', ' ', ':', '{', '"', 'é', '日', '\u2028') });
  const stream = fc.tuple(fc.array(line, { minLength: 1 }), end, fc.boolean());

  it('says the same however it is cut', () => {
    fc.assert(
      fc.property(stream, fc.array(fc.nat(), { maxLength: 12 }), ([texts, newline, pings], cuts) => {
        const ping = pings ? `: ping${newline}${newline}` : '';
        const whole = texts.map((text) => `data: ${text}${newline}${newline}${ping}`).join('');
        const places = [...new Set(cuts.map((cut) => cut % (whole.length + 1)))].sort((a, b) => a - b);
        const pieces = [0, ...places].map((from, at) => whole.slice(from, places[at]));
        expect(read(pieces)).toEqual(data(...texts));
      }),
    );
  });
});
