import { useEffect } from 'react';
import { countOf } from '@/components/logs/words.ts';
import { announce } from '@/state/announce.ts';
import type { BookView } from '@/state/logs/book.ts';
import type { FeedState } from '@/state/logs/feed.ts';
import { MOST_ENTRIES } from '@/state/logs/ring.ts';
import type { Address } from './address.ts';

/** How long a count stays the same before it is said. */
const SETTLED_MS = 1_000;

type Props = {
  id: string;
  view: BookView;
  feed: FeedState;
  address: Address;
  /** What is wrong with the expression. */
  problem: string | null;
  /** Which of the matches was gone to, from 1; null: none. */
  place: number | null;
  titleOf: (process: string) => string;
};

/** One line on what is shown, and why it is not more. */
export function Note({ id, view, feed, address, problem, place, titleOf }: Props) {
  const count = problem ? '' : countWordsOf(view, address.mode, place);
  useSaid(view.matching === null ? '' : count);
  const floods = Object.entries(feed.flooding).map(
    ([process, rate]) => `${titleOf(process)} writes ${rateOf(rate)} lines a second: samples are shown.`,
  );
  const refused = Object.entries(feed.refused).map(([process, why]) => `${titleOf(process)}: ${why}`);
  return (
    <div className="flex min-h-5 flex-wrap gap-x-4 text-xs text-muted">
      <p id={id} role="alert" className="text-bad empty:hidden">
        {problem && `Not searched: ${problem}`}
      </p>
      <p className="empty:hidden">{count}</p>
      <p className="text-move empty:hidden">{floods.join(' ')}</p>
      <p className="text-bad empty:hidden">{refused.join(' ')}</p>
    </div>
  );
}

function countWordsOf({ rows, lines, matching }: BookView, mode: Address['mode'], place: number | null): string {
  if (matching === null) {
    const full = rows.length >= MOST_ENTRIES ? ', the most that are kept here' : '';
    return lines === 0 ? '' : `${countOf(lines, 'line')}${full}`;
  }
  if (mode === 'find' && place !== null)
    return `${place.toLocaleString('en')} of ${countOf(matching, 'matching line')}`;
  return countOf(matching, 'matching line');
}

/** `48,000`: two digits are enough of what changes all the time. */
function rateOf(rate: number): string {
  const unit = 10 ** Math.max(0, Math.floor(Math.log10(Math.max(1, rate))) - 1);
  return (Math.round(rate / unit) * unit).toLocaleString('en');
}

/** Says the text once it has stayed the same for a moment. */
function useSaid(text: string): void {
  useEffect(() => {
    if (text === '') return;
    const timer = setTimeout(() => announce(text), SETTLED_MS);
    return () => clearTimeout(timer);
  }, [text]);
}
