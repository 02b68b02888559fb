import { Link } from 'wouter';
import { StateBadge } from '@/components/StateBadge.tsx';
import type { View } from '@/state/select.ts';
import { useLive } from '@/state/store.ts';
import { OrderButtons } from './OrderButtons.tsx';

export function ProcessRow({ view }: { view: View }) {
  const { process, state, message } = view;
  const lastKnown = useLive((live) => live.connection !== 'live');
  return (
    <article aria-label={process.title} className="flex flex-wrap items-center gap-3 px-4 py-3">
      <StateBadge state={state} message={message} lastKnown={lastKnown} className={lastKnown ? 'last-known' : ''} />
      <Link href={`/processes/${encodeURIComponent(process.id)}`} className="grow font-medium hover:underline">
        {process.title}
      </Link>
      <Link href={`/logs?p=${encodeURIComponent(process.id)}`} className="text-muted hover:text-text hover:underline">
        Logs
      </Link>
      <OrderButtons view={view} />
    </article>
  );
}
