// Cuts a line into pieces of one look each: its colours and styles, and where the search matches. Pure.
import Anser from 'anser';
import { styled } from '@/state/logs/plain.ts';

export type Piece = { readonly text: string; readonly className: string; readonly match: boolean };

/** How many characters of a line are shown; copies and downloads have all of it. */
export const MOST_SHOWN = 4_000;

export function piecesOf(text: string, matches: readonly number[] | null): Piece[] {
  const pieces: Piece[] = [];
  let from = 0;
  for (const span of spansOf(text)) {
    for (const { begin, end, match } of cuts(from, from + span.content.length, matches)) {
      pieces.push({ text: span.content.slice(begin - from, end - from), className: span.className, match });
    }
    from += span.content.length;
  }
  return pieces;
}

type Span = { content: string; className: string };

function spansOf(text: string): Span[] {
  const clean = styled(text);
  if (!clean.includes('\u001b')) return [{ content: clean, className: '' }];
  return Anser.ansiToJson(clean, { use_classes: true, remove_empty: true }).map((entry) => ({
    content: entry.content,
    className: classesOf(entry),
  }));
}

/** Begin and end of each piece between `from` and `to`, and whether it is in a match. */
function cuts(from: number, to: number, matches: readonly number[] | null) {
  const found: { begin: number; end: number; match: boolean }[] = [];
  let at = from;
  for (let pair = 0; matches && pair < matches.length; pair += 2) {
    const begin = Math.max(at, matches[pair] ?? 0);
    const end = Math.min(to, matches[pair + 1] ?? 0);
    if (begin >= end) continue;
    if (begin > at) found.push({ begin: at, end: begin, match: false });
    found.push({ begin, end, match: true });
    at = end;
  }
  if (at < to) found.push({ begin: at, end: to, match: false });
  return found;
}

type Entry = ReturnType<typeof Anser.ansiToJson>[number];

function classesOf({ fg, bg, fg_truecolor, bg_truecolor, decorations }: Entry): string {
  const fore = hueOf(fg, fg_truecolor);
  const back = hueOf(bg, bg_truecolor);
  const names = [
    fore === null ? '' : `ansi-fg-${fore}`,
    back === null ? '' : `ansi-on-${back}`,
    // Reversed colours come reversed already.
    ...decorations.filter((name) => name !== 'reverse').map((name) => `ansi-${name}`),
  ];
  return names.filter((name) => name !== '').join(' ');
}

const HUES = ['black', 'red', 'green', 'yellow', 'blue', 'magenta', 'cyan', 'white'] as const;
type Hue = (typeof HUES)[number];

/**
 * One of eight hues, for which both themes have a legible colour. What has more colours than these gets the nearest one:
 * a colour that was chosen for a black terminal cannot be read on white.
 */
function hueOf(name: string | null, rgb: string | null): Hue | null {
  if (!name) return null;
  if (name === 'ansi-truecolor') return nearest(rgb);
  const index = /^ansi-palette-(\d+)$/.exec(name)?.[1];
  if (index !== undefined) return ofPalette(Number(index));
  return HUES.find((hue) => name.endsWith(hue)) ?? null;
}

/** The 256 colours: 16 named ones, a cube of six steps each way, greys. */
function ofPalette(index: number): Hue | null {
  if (index < 16) return HUES[index % 8] ?? null;
  if (index >= 232) return index < 244 ? 'black' : 'white';
  const step = (share: number) => Math.floor((index - 16) / share) % 6;
  return hueOfRgb(step(36) / 5, step(6) / 5, step(1) / 5);
}

function nearest(rgb: string | null): Hue | null {
  const [red, green, blue] = (rgb ?? '').split(',').map((part) => Number(part) / 255);
  if (red === undefined || green === undefined || blue === undefined) return null;
  return hueOfRgb(red, green, blue);
}

function hueOfRgb(red: number, green: number, blue: number): Hue {
  const [most, least] = [Math.max(red, green, blue), Math.min(red, green, blue)];
  if (most - least < 0.2) return most < 0.5 ? 'black' : 'white';
  const middle = (most + least) / 2;
  const bits = Number(red > middle) + 2 * Number(green > middle) + 4 * Number(blue > middle);
  return HUES[bits] ?? 'white';
}
