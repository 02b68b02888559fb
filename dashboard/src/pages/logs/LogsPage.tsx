import { PageHeader } from '@/components/PageHeader.tsx';
import { StateBadge } from '@/components/StateBadge.tsx';
import { useAddress } from '@/components/useAddress.ts';
import { isLastKnown, type View } from '@/state/select.ts';
import { useLive } from '@/state/store.ts';
import { useViews } from '@/state/views.ts';
import { readAddress, writeAddress } from './address.ts';
import { Chips } from './Chips.tsx';
import { Orders } from './Orders.tsx';
import { OutputPanel } from './OutputPanel.tsx';

/** The output of all processes or some, merged, as it comes. */
export function LogsPage() {
  const [address, change] = useAddress(readAddress, writeAddress);
  const views = useViews();
  const chosen = address.processes ? views.filter(({ process }) => address.processes?.includes(process.id)) : views;
  return (
    <>
      <PageHeader title="Logs" note={chosen.length === 1 && chosen[0] ? <Badge view={chosen[0]} /> : undefined}>
        <Orders views={chosen} all={address.processes === null} />
      </PageHeader>
      <div className="pb-3">
        <Chips views={views} chosen={address.processes} onChoose={(processes) => change({ processes })} />
      </div>
      <OutputPanel {...{ address, change, chosen }} className="mt-1 h-0 min-h-80 grow" />
    </>
  );
}

/** How the one process is whose output is shown. */
function Badge({ view: { state, message } }: { view: View }) {
  const lastKnown = useLive(isLastKnown);
  return <StateBadge {...{ state, message, lastKnown }} className={lastKnown ? 'last-known' : ''} />;
}
