// Reads `text/event-stream` as it comes, however it is cut into pieces. Pure: `feed` takes what was left over and gives
// back what is left over now.
//
// A line ends with LF, CR or CR LF; where a piece ends with CR, the LF may be the first thing of the next one. A line
// that begins with a colon is a comment. An empty line ends an event; one without data is none.

export type SseEvent = { name: string; data: string };

export type Leftover = {
  /** The beginning of a line. */
  readonly line: string;
  /** The lines of data of an event that has not ended. */
  readonly data: readonly string[];
  readonly name: string;
  /** The last piece ended with CR. */
  readonly afterReturn: boolean;
};

export const NOTHING: Leftover = { line: '', data: [], name: '', afterReturn: false };

export function feed(before: Leftover, piece: string): { events: SseEvent[]; left: Leftover } {
  if (piece === '') return { events: [], left: before };
  const text = before.afterReturn && piece.startsWith('\n') ? piece.slice(1) : piece;
  const lines = (before.line + text).split(/\r\n|\r|\n/);
  const line = lines.pop() ?? '';
  const left = { ...before, line, afterReturn: piece.endsWith('\r') };
  return lines.reduce<{ events: SseEvent[]; left: Leftover }>(takeLine, { events: [], left });
}

/** What the stream ended with, though no empty line came after it. */
export function finish(left: Leftover): SseEvent[] {
  return feed(left, left.afterReturn ? '\n\n\n' : '\n\n').events;
}

type Reading = { events: SseEvent[]; left: Leftover };

function takeLine({ events, left }: Reading, line: string): Reading {
  if (line === '') {
    const { data, name } = left;
    const found = data.length > 0 ? [{ name, data: data.join('\n') }] : [];
    return { events: [...events, ...found], left: { ...left, data: [], name: '' } };
  }
  const [field, value] = fieldOf(line);
  if (field === 'data') return { events, left: { ...left, data: [...left.data, value] } };
  if (field === 'event') return { events, left: { ...left, name: value } };
  return { events, left };
}

/** One space after the colon belongs to neither. */
function fieldOf(line: string): [field: string, value: string] {
  const colon = line.indexOf(':');
  if (colon < 0) return [line, ''];
  return [line.slice(0, colon), line.slice(colon + 1).replace(/^ /, '')];
}
