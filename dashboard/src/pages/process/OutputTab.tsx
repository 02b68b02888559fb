import { useEffect, useLayoutEffect, useRef, useState } from 'react';
import { Link } from 'wouter';
import type { LogLine } from '@/api/types.ts';
import { clockSecondsOf } from '@/components/format.ts';
import { subscribe } from '@/state/socket.ts';
import { useLive } from '@/state/store.ts';

const LINES = 50;

/** How far from its end the output may be and still be followed, in pixels. */
const NEAR_END = 24;

/** The last lines as they come. Who scrolls up stops the following; the end resumes it. */
export function OutputTab({ id, title }: { id: string; title: string }) {
  const { lines, refused } = useTail(id);
  const box = useRef<HTMLOListElement>(null);
  const follow = useRef(true);
  // biome-ignore lint/correctness/useExhaustiveDependencies: scrolls when lines have come
  useLayoutEffect(() => {
    if (box.current && follow.current) box.current.scrollTop = box.current.scrollHeight;
  }, [lines]);
  const onScroll = () => {
    const { scrollHeight = 0, scrollTop = 0, clientHeight = 0 } = box.current ?? {};
    follow.current = scrollHeight - scrollTop - clientHeight < NEAR_END;
  };
  return (
    <>
      <ol
        ref={box}
        onScroll={onScroll}
        // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by keyboard
        tabIndex={0}
        aria-label={`Output of ${title}`}
        className="h-[26rem] max-h-[60dvh] overflow-auto rounded-lg border border-line bg-sunken py-2 font-mono text-xs leading-5"
      >
        {lines.map((line) => (
          <Line key={line.seq} line={line} />
        ))}
        {lines.length === 0 && <li className="px-4 font-sans text-muted">{refused ?? 'No output yet.'}</li>}
      </ol>
      <p className="pt-2 text-xs text-muted">
        The last {LINES} lines.{' '}
        <Link href={`/logs?p=${encodeURIComponent(id)}`} className="font-medium text-accent hover:underline">
          Open in Logs
        </Link>
      </p>
    </>
  );
}

function Line({ line }: { line: LogLine }) {
  return (
    <li className="flex gap-3 px-4 hover:bg-hover">
      <time className="shrink-0 text-muted select-none" dateTime={new Date(line.time).toISOString()}>
        {clockSecondsOf(line.time)}
      </time>
      <span className={`min-w-0 whitespace-pre-wrap break-words ${line.stream === 'stderr' ? 'text-bad' : ''}`}>
        {plain(line.text)}
      </span>
    </li>
  );
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: escape sequences begin with one
const ESCAPES = /\u001b\[[0-9;?]*[ -/]*[@-~]|\u001b\][^\u0007\u001b]*(?:\u0007|\u001b\\)/g;

/** The text without what it says to a terminal. */
export const plain = (text: string) => text.replace(ESCAPES, '');

function useTail(process: string) {
  const epoch = useLive((state) => state.epoch);
  const [lines, setLines] = useState<readonly LogLine[]>([]);
  const [refused, setRefused] = useState<string | null>(null);
  // biome-ignore lint/correctness/useExhaustiveDependencies: another run of the server counts its lines anew
  useEffect(() => {
    setLines([]);
    setRefused(null);
    return subscribe({
      topic: 'logs',
      payload: { process, tail: LINES },
      onRefused: setRefused,
      onEvent: (line) => {
        if (line.process === process) setLines((before) => withLine(before, line));
      },
    });
  }, [process, epoch]);
  return { lines, refused };
}

/** After a reconnection the tail comes again; what is known of it is dropped. */
export function withLine(lines: readonly LogLine[], line: LogLine): readonly LogLine[] {
  const last = lines.at(-1);
  return last && line.seq <= last.seq ? lines : [...lines, line].slice(-LINES);
}
