import { Button } from '@/components/Button.tsx';
import { FormError } from '@/components/FormError.tsx';
import { Spinner } from '@/components/Spinner.tsx';
import type { Ledger, LedgerView } from '@/state/requests/ledger.ts';
import { MOST_ROWS } from '@/state/requests/rows.ts';
import { waitsOf } from '@/state/select.ts';
import { useLive } from '@/state/store.ts';

type Props = {
  ledger: Ledger;
  view: LedgerView;
  /** How many rows are shown. */
  shown: number;
  /** Shows all again; null: all are shown. */
  onAll: (() => void) | null;
};

/** Below the last row: that there are none, that more can be read, why they could not be. */
export function Foot({ ledger, view: { loaded, failure, older }, shown, onAll }: Props) {
  const waits = useLive(waitsOf);
  return (
    <div className="flex min-h-12 flex-wrap items-center gap-x-3 gap-y-2 px-4 py-2 text-muted">
      {failure !== null && (
        <>
          <FormError text={failure} className="min-w-0" />
          <Button size="small" onClick={() => void ledger.read()}>
            Try again
          </Button>
        </>
      )}
      {!loaded && failure === null && (
        <>
          {waits === null && <Spinner size={14} />}
          {waits ?? 'Reading the requests...'}
        </>
      )}
      {loaded && shown === 0 && <p>None of those that were read is like that.</p>}
      {loaded && shown === 0 && onAll && (
        <Button size="small" onClick={onAll}>
          Show all
        </Button>
      )}
      {loaded && <Older older={older} onMore={() => void ledger.readOlder()} />}
    </div>
  );
}

function Older({ older, onMore }: { older: LedgerView['older']; onMore: () => void }) {
  if (older === 'none') return <p>There are no older ones.</p>;
  if (older === 'full') return <p>{MOST_ROWS.toLocaleString('en')} are shown, the most that this page keeps.</p>;
  return (
    <Button size="small" icon={<span className="hidden" />} busy={older === 'loading'} onClick={onMore}>
      Show older
    </Button>
  );
}
