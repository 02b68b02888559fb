import { Link, useParams, useSearchParams } from 'wouter';
import { PageHeader } from '@/components/PageHeader.tsx';
import { StateBadge } from '@/components/StateBadge.tsx';
import { type Tab, Tabs } from '@/components/Tabs.tsx';
import { DetailLine } from '@/pages/processes/DetailLine.tsx';
import { Facts } from '@/pages/processes/Facts.tsx';
import { OrderButtons } from '@/pages/processes/OrderButtons.tsx';
import { StateBar } from '@/pages/processes/StateBar.tsx';
import { NoSuchPlace } from '@/pages/shared/NoSuchPlace.tsx';
import { PROXIES } from '@/state/router.ts';
import { isLastKnown, type View } from '@/state/select.ts';
import { useLive } from '@/state/store.ts';
import { useUsageFeed } from '@/state/usage.ts';
import { useView } from '@/state/views.ts';
import { ConfigTab } from './ConfigTab.tsx';
import { HistoryTab } from './HistoryTab.tsx';
import { OutputTab } from './OutputTab.tsx';
import { TryTab } from './TryTab.tsx';

export function ProcessPage() {
  const { id = '' } = useParams<{ id: string }>();
  const view = useView(id);
  const known = useLive((state) => state.epoch !== null);
  useUsageFeed();
  if (view) return <Whole view={view} />;
  return known ? <NoSuchPlace title="No such process" words={`There is no process ${id}`} /> : null;
}

type Key = 'output' | 'history' | 'configuration' | 'try';

function Whole({ view }: { view: View }) {
  const [search, setSearch] = useSearchParams();
  const { id, title } = view.process;
  const tabs: readonly Tab<Key>[] = [
    { key: 'output', label: 'Output', panel: () => <OutputTab key={id} view={view} /> },
    { key: 'history', label: 'History', panel: () => <HistoryTab key={id} id={id} /> },
    { key: 'configuration', label: 'Configuration', panel: () => <ConfigTab id={id} /> },
    { key: 'try', label: 'Try it', panel: () => <TryTab process={view.process} /> },
  ];
  const asked = search.get('tab');
  const chosen = tabs.find((tab) => tab.key === asked)?.key ?? 'output';
  const choose = (key: Key) => setSearch(key === 'output' ? {} : { tab: key }, { replace: true });
  return (
    <>
      <Head view={view} />
      <Tabs label={`About ${title}`} tabs={tabs} chosen={chosen} onChoose={choose} />
    </>
  );
}

/** Who it is, how it is, and what can be ordered: in view however far one has scrolled. */
function Head({ view }: { view: View }) {
  const { process, state, message } = view;
  const lastKnown = useLive(isLastKnown);
  const grey = lastKnown ? 'last-known' : '';
  return (
    <>
      <div className="sticky -top-px z-10 -mx-4 border-b border-transparent bg-ground px-4 pt-1 md:-mx-8 md:px-8">
        <nav aria-label="Breadcrumb" className="text-xs">
          <Link href="/" className="text-muted hover:text-text hover:underline">
            Processes
          </Link>
        </nav>
        <PageHeader title={process.title}>
          <HeadLink href={`/logs?p=${encodeURIComponent(process.id)}`}>Logs</HeadLink>
          {PROXIES.has(process.id) && (
            <HeadLink href={`/requests?process=${encodeURIComponent(process.id)}`}>Requests</HeadLink>
          )}
          <OrderButtons view={view} />
        </PageHeader>
      </div>
      <article aria-label={process.title} className="pb-5">
        <div className="flex flex-wrap items-end justify-between gap-x-6 gap-y-2">
          <div className={`min-w-0 grow basis-[36rem] ${grey}`}>
            <StateBadge state={state} message={message} lastKnown={lastKnown} className="mb-2" />
            <Facts view={view} />
            <DetailLine view={view} />
          </div>
          <StateBar view={view} />
        </div>
      </article>
    </>
  );
}

const HeadLink = ({ href, children }: { href: string; children: string }) => (
  <Link href={href} className="rounded-md px-2 py-1 font-medium text-soft hover:bg-hover hover:text-text">
    {children}
  </Link>
);
