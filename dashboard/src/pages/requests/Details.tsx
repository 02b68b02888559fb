import { useEffect, useState } from 'react';
import { asFailure } from '@/api/failure.ts';
import { Dialog } from '@/components/Dialog.tsx';
import type { Ledger, LedgerView } from '@/state/requests/ledger.ts';
import type { RequestRow } from '@/state/requests/row.ts';
import type { Rows } from '@/state/requests/rows.ts';
import { beside } from './beside.ts';
import { RequestDialog } from './RequestDialog.tsx';
import type { Names } from './Row.tsx';

type Props = Names & {
  /** The request that the address asks for. */
  id: number;
  ledger: Ledger;
  view: LedgerView;
  /** Those that are shown, among which one goes on. */
  rows: Rows;
  onGo: (id: number) => void;
  onClose: () => void;
};

/** The details of one request, also of one that is not among those that were read. */
export function Details({ id, ledger, view, rows, onGo, onClose, ...names }: Props) {
  const shown = view.rows.find((row) => row.id === id) ?? rows.find((row) => row.id === id);
  const fetched = useFetched(id, ledger, view.loaded && !shown);
  const row = shown ?? fetched.row;
  const onStep = (by: -1 | 1) => {
    const next = beside(rows, id, by);
    return next === null ? null : () => onGo(next);
  };
  if (row) return <RequestDialog {...{ row, onStep, onClose }} {...names} />;
  if (fetched.why === null) return null;
  return (
    <Dialog title={`Request ${id}`} onClose={onClose}>
      <p className="text-soft">{fetched.why}</p>
    </Dialog>
  );
}

type Fetched = { row: RequestRow | null; why: string | null };

const NOTHING: Fetched = { row: null, why: null };

function useFetched(id: number, ledger: Ledger, wanted: boolean): Fetched {
  const [fetched, setFetched] = useState(NOTHING);
  useEffect(() => {
    setFetched(NOTHING);
    if (!wanted) return;
    const abort = new AbortController();
    ledger.find(id, abort.signal).then(
      (row) => setFetched({ row, why: `There is no request ${id}. The oldest ones are deleted in time.` }),
      (thrown) => abort.signal.aborted || setFetched({ row: null, why: asFailure(thrown).message }),
    );
    return () => abort.abort();
  }, [id, ledger, wanted]);
  return fetched;
}
