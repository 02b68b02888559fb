import { useMemo, useRef, useState } from 'react';
import { PageHeader } from '@/components/PageHeader.tsx';
import { useAddress } from '@/components/useAddress.ts';
import { ANY, type Filter, isAny, matcherOf, type Query, queryOf } from '@/state/requests/filter.ts';
import type { LedgerView } from '@/state/requests/ledger.ts';
import { useRequests } from '@/state/requests/useRequests.ts';
import { isLastKnown } from '@/state/select.ts';
import { useLive } from '@/state/store.ts';
import { type Address, readAddress, writeAddress } from './address.ts';
import { beside } from './beside.ts';
import { ClearButton } from './ClearButton.tsx';
import { Details } from './Details.tsx';
import { Filters } from './Filters.tsx';
import { Foot } from './Foot.tsx';
import { List } from './List.tsx';
import { NoRequests } from './NoRequests.tsx';
import { Trends } from './Trends.tsx';
import { useHeld } from './useHeld.ts';
import { useNames } from './useNames.ts';
import { useRequestKeys } from './useRequestKeys.ts';
import { searchTextOf } from './words.ts';

/** What goes through the two proxies, as it goes. */
export function RequestsPage() {
  const [address, change] = useAddress(readAddress, writeAddress);
  const filter = useFilter(address);
  const { ledger, view } = useRequests(useQuery(filter));
  const held = useHeld(view.rows, ledger);
  const matches = useMemo(() => matcherOf(filter, searchTextOf), [filter]);
  const rows = useMemo(() => held.shown.filter(matches), [held.shown, matches]);
  const names = useNames();
  const box = useRef<HTMLDivElement>(null);
  const field = useRef<HTMLInputElement>(null);
  const [cursor, setCursor] = useState<number | null>(null);
  const release = () => {
    held.release();
    setCursor(null);
    box.current?.scrollTo(0, 0);
  };
  const step = (by: -1 | 1) => {
    const next = beside(rows, address.id ?? cursor, by);
    if (next === null) return;
    held.hold();
    setCursor(next);
    if (address.id !== null) change({ id: next });
  };
  const pause = () => (held.newsOf ? release() : held.hold(true));
  useRequestKeys(field, { onStep: step, onPause: pause });
  const lastKnown = useLive(isLastKnown);
  const nothing = view.loaded && view.rows.length === 0 && isAny(filter);
  return (
    <>
      <PageHeader title="Requests" note={noteOf(view)}>
        <ClearButton none={view.rows.length === 0} />
      </PageHeader>
      <div className={`flex grow flex-col ${lastKnown ? 'last-known' : ''}`}>
        {nothing ? (
          <NoRequests />
        ) : (
          <>
            <Trends ledger={ledger} view={view} />
            <Filters
              {...{ address, change, field, ...names }}
              rows={view.rows}
              held={held.newsOf !== null}
              onHold={pause}
            />
            <List
              {...{ rows, cursor, box, ...names }}
              news={held.newsOf?.(view.rows.filter(matches)) ?? null}
              onOpen={(id) => change({ id }, true)}
              onScrolled={(down) => (down ? held.hold() : held.paused || cursor !== null || held.release())}
              onRelease={release}
            >
              <Foot {...{ ledger, view }} shown={rows.length} onAll={isAny(filter) ? null : () => change(ANY)} />
            </List>
          </>
        )}
      </div>
      {address.id !== null && (
        <Details
          {...{ ledger, view, rows, ...names }}
          id={address.id}
          onGo={(id) => change({ id })}
          onClose={() => change({ id: null })}
        />
      )}
    </>
  );
}

function useFilter({ outcome, provider, model, process, text }: Address): Filter {
  return useMemo(() => ({ outcome, provider, model, process, text }), [outcome, provider, model, process, text]);
}

/** The same object as long as it says the same. */
function useQuery(filter: Filter): Query {
  const said = JSON.stringify(queryOf(filter));
  return useMemo(() => JSON.parse(said), [said]);
}

/** `2 in flight`. */
function noteOf({ loaded, rows, skipped }: LedgerView): string | undefined {
  if (!loaded) return undefined;
  const count = rows.filter(({ outcome }) => outcome === null).length;
  const flying = count === 0 ? 'None in flight' : `${count.toLocaleString('en')} in flight`;
  return skipped === 0 ? flying : `${flying}; ${skipped.toLocaleString('en')} more came and went too fast to show`;
}
