import { Crosshair } from 'lucide-react';
import { memo } from 'react';
import { clockSecondsOf, dateOf } from '@/components/format.ts';
import type { Begin, End, Entry, Gap, Line } from '@/state/logs/entry.ts';
import { plain } from '@/state/logs/plain.ts';
import { MOST_SHOWN, piecesOf } from './pieces.ts';
import { markWordsOf } from './words.ts';

export type RowLook = {
  /** Whether each line says whose it is. */
  named: boolean;
  times: boolean;
  wrap: boolean;
};

type Props = RowLook & {
  entry: Entry;
  title: string;
  /** Of a line; given apart, as they change while the line stays. */
  matches: readonly number[] | null;
  /** Whether it is the one that was gone to. */
  current: boolean;
  onContext: ((line: Line) => void) | undefined;
};

export const Row = memo(function Row(props: Props) {
  const { entry } = props;
  return entry.kind === 'line' ? <LineRow {...props} line={entry} /> : <MarkRow {...props} mark={entry} />;
});

function LineRow({ line, title, matches, current, named, times, wrap, onContext }: Props & { line: Line }) {
  const shown = line.text.length > MOST_SHOWN ? line.text.slice(0, MOST_SHOWN) : line.text;
  const more = line.text.length - shown.length;
  const error = line.stream === 'stderr';
  // Where it is narrow, whose a line is stands above it.
  const above = named && wrap ? 'max-sm:basis-full' : '';
  return (
    <div
      data-stream={line.stream}
      data-current={current || undefined}
      className={`group flex min-h-5 gap-x-2.5 border-l-2 pr-3 pl-2.5 hover:bg-hover data-current:bg-accent-soft max-sm:gap-x-2 ${above && 'max-sm:flex-wrap'} ${error ? 'border-bad-fill' : 'border-transparent'}`}
    >
      {times && <Time time={line.time} />}
      {named && <Name title={title} alone={wrap} />}
      {/* In letters too, not by the stroke's colour alone. */}
      <span className="w-[3ch] shrink-0 text-bad select-none">
        {error && (
          <abbr title="Standard error" className="no-underline">
            err
          </abbr>
        )}
      </span>
      <span className={`${wrap ? 'min-w-0 whitespace-pre-wrap wrap-anywhere' : 'whitespace-pre'} ${above}`}>
        <Text text={shown} matches={matches} />
        {more > 0 && <span className="text-muted select-none"> … {more.toLocaleString('en')} more characters</span>}
        {shown === '' && ' '}
      </span>
      {onContext && <Context line={line} onContext={onContext} />}
    </div>
  );
}

function Text({ text, matches }: { text: string; matches: readonly number[] | null }) {
  return piecesOf(text, matches).map((piece, at) => {
    const Tag = piece.match ? 'mark' : 'span';
    return (
      // biome-ignore lint/suspicious/noArrayIndexKey: pieces are only ever rendered anew, all together
      <Tag key={at} className={piece.className || undefined}>
        {piece.text}
      </Tag>
    );
  });
}

function Time({ time }: { time: number }) {
  const ms = String(time % 1_000).padStart(3, '0');
  return (
    <time className="shrink-0 text-muted select-none" dateTime={new Date(time).toISOString()} title={dateOf(time)}>
      {clockSecondsOf(time)}
      <span className="max-sm:hidden">.{ms}</span>
    </time>
  );
}

/** `alone`: where it is narrow, no text follows it in its line. */
function Name({ title, alone }: { title: string; alone: boolean }) {
  const narrow = alone ? 'max-sm:w-auto max-sm:max-w-[24ch]' : 'max-sm:w-[8ch]';
  return (
    <span className={`w-[16ch] shrink-0 truncate text-soft select-none ${narrow}`} title={title}>
      {title}
    </span>
  );
}

function Context({ line, onContext }: { line: Line; onContext: (line: Line) => void }) {
  return (
    <button
      type="button"
      title="Show in context"
      aria-label={`Show in context: ${plain(line.text).slice(0, 80)}`}
      onClick={() => onContext(line)}
      className="sticky right-1 ml-auto flex size-5 shrink-0 items-center justify-center self-start rounded-sm bg-raised text-muted opacity-0 group-hover:opacity-100 hover:text-text focus-visible:opacity-100 pointer-coarse:opacity-100"
    >
      <Crosshair size={13} aria-hidden="true" />
    </button>
  );
}

function MarkRow({ mark, title, named }: Props & { mark: Gap | Begin | End }) {
  const look = mark.kind === 'gap' ? 'text-move' : 'text-muted';
  return (
    <div
      data-mark={mark.kind}
      className={`flex min-h-5 items-center gap-2.5 px-3 font-sans text-2xs font-medium ${look}`}
    >
      <span aria-hidden="true" className="w-4 shrink-0 border-t border-current opacity-50" />
      <span className="whitespace-nowrap max-sm:whitespace-normal">
        {named && `${title} · `}
        {markWordsOf(mark)}
        {mark.kind !== 'gap' && (
          <time dateTime={new Date(mark.order).toISOString()} title={dateOf(mark.order)}>
            {` · ${clockSecondsOf(mark.order)}`}
          </time>
        )}
      </span>
      <span aria-hidden="true" className="grow border-t border-current opacity-50" />
    </div>
  );
}
