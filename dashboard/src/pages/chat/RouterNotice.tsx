import { Play } from 'lucide-react';
import { Button } from '@/components/Button.tsx';
import { Card } from '@/components/Card.tsx';
import { StateBadge } from '@/components/StateBadge.tsx';
import { order } from '@/state/actions.ts';
import { isLastKnown, refusalOf, type View } from '@/state/select.ts';
import { useLive } from '@/state/store.ts';

/** That the router does not run, in the server's words, with what would help. */
export function RouterNotice({ view }: { view: View }) {
  const connection = useLive((state) => state.connection);
  const { process, state, message } = view;
  const lastKnown = isLastKnown({ connection });
  return (
    <Card className="mb-4 flex flex-wrap items-center gap-x-3 gap-y-2 px-4 py-3">
      <p className="font-medium">{process.title}</p>
      <div className={`min-w-0 grow ${lastKnown ? 'last-known' : ''}`}>
        <StateBadge state={state} message={message} lastKnown={lastKnown} />
      </div>
      <Button
        icon={<Play size={14} aria-hidden="true" />}
        aria-label={`Start ${process.title}`}
        busy={view.pending?.want === 'start'}
        unavailable={refusalOf('start', view, connection)}
        onClick={() => void order(process.id, 'start')}
      >
        Start
      </Button>
    </Card>
  );
}
