// The requests, for as long as a component shows them.
import { useEffect, useState, useSyncExternalStore } from 'react';
import type { Query } from './filter.ts';
import { Ledger, type LedgerView } from './ledger.ts';

/** Those that the query lets through; keep its identity while it says the same. */
export function useRequests(query: Query): { ledger: Ledger; view: LedgerView } {
  const [ledger, setLedger] = useState(() => new Ledger());
  useEffect(() => {
    const fresh = new Ledger(query);
    fresh.open();
    setLedger(fresh);
    return () => fresh.close();
  }, [query]);
  return { ledger, view: useSyncExternalStore(ledger.subscribe, ledger.snapshot) };
}
