import { memo, useId, useState } from 'react';
import { Link } from 'wouter';
import { StateBadge } from '@/components/StateBadge.tsx';
import { isLastKnown, type View } from '@/state/select.ts';
import { useLive } from '@/state/store.ts';
import { DetailLine } from './DetailLine.tsx';
import { Facts } from './Facts.tsx';
import { LastWords } from './LastWords.tsx';
import { OrderButtons } from './OrderButtons.tsx';
import { StateBar } from './StateBar.tsx';

type Props = { view: View; selected: boolean; onSelect: (id: string, selected: boolean) => void };

/** An error has more to say than there is room for beside the buttons: below them, they stay where they are. */
const LONG_WORDS = 'md:max-[79rem]:order-1 md:max-[79rem]:basis-full';

/** One process: who it is and how it is above, facts and the last hour below. Every line is there in every state. */
export const ProcessRow = memo(function ProcessRow({ view, selected, onSelect }: Props) {
  const { process, state, message } = view;
  const lastKnown = useLive(isLastKnown);
  const title = useId();
  const panel = useId();
  const [open, setOpen] = useState(false);
  const grey = lastKnown ? 'last-known' : '';
  return (
    <article
      aria-labelledby={title}
      tabIndex={-1}
      data-process={process.id}
      className="group grid grid-cols-[auto_minmax(0,1fr)] gap-x-1.5 px-4 py-3.5 outline-offset-[-2px] first:rounded-t-lg last:rounded-b-lg has-checked:bg-accent-soft"
    >
      <Selector title={process.title} selected={selected} onSelect={(on) => onSelect(process.id, on)} />
      <div className="flex flex-wrap items-center gap-x-4 gap-y-2.5 md:items-start">
        <h2 id={title} className="min-w-0 text-base font-semibold md:w-44 md:truncate md:leading-7">
          <Link href={`/processes/${encodeURIComponent(process.id)}`} className="hover:underline">
            {process.title}
          </Link>
        </h2>
        <div
          className={`min-w-0 grow max-md:order-1 max-md:w-full md:flex md:basis-32 md:py-0.5 ${state === 'error' ? LONG_WORDS : ''}`}
        >
          <StateBadge state={state} message={message} lastKnown={lastKnown} className={grey} />
        </div>
        <Link
          href={`/logs?p=${encodeURIComponent(process.id)}`}
          className="ml-auto rounded-md px-2 py-1 font-medium text-soft hover:bg-hover hover:text-text"
        >
          Logs
        </Link>
        <div className="max-md:order-2 max-[62.5rem]:basis-full">
          <OrderButtons view={view} />
        </div>
      </div>
      <div className={`col-start-2 mt-2 flex flex-wrap items-end justify-between gap-x-6 gap-y-2 ${grey}`}>
        <div className="min-w-0 grow basis-[36rem]">
          <Facts view={view} />
          <DetailLine view={view} disclosure={{ open, onOpen: setOpen, panel }} />
        </div>
        <StateBar view={view} />
      </div>
      <div className="col-start-2 min-w-0">
        {open && state === 'error' && <LastWords process={process} id={panel} />}
      </div>
    </article>
  );
});

function Selector({
  title,
  selected,
  onSelect,
}: {
  title: string;
  selected: boolean;
  onSelect: (on: boolean) => void;
}) {
  return (
    <label className="-ml-2 flex size-8 cursor-pointer items-center justify-center self-start">
      <span className="sr-only">Select {title}</span>
      <input
        type="checkbox"
        checked={selected}
        onChange={(event) => onSelect(event.target.checked)}
        className="size-4 cursor-pointer accent-(--accent)"
      />
    </label>
  );
}
