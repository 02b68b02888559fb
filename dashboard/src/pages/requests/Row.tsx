import type { ReactNode } from 'react';
import { clockSecondsOf } from '@/components/format.ts';
import type { RequestRow } from '@/state/requests/row.ts';
import { Elapsed } from './Elapsed.tsx';
import { OutcomeMark } from './OutcomeMark.tsx';
import { millisOr, sentenceOf, tokensOf } from './words.ts';

export type Names = {
  providerOf: (id: string) => string;
  processOf: (id: string) => string;
};

type Props = Names & {
  row: RequestRow;
  /** Its place among all, from 1, and how many there are. */
  place: number;
  count: number;
  /** Whether it stands on several lines. */
  narrow: boolean;
  top: number;
  onOpen: (id: number) => void;
};

/** The columns where it is wide. */
export const COLUMNS =
  'grid grid-cols-[4rem_9.25rem_minmax(0,1.8fr)_minmax(0,1fr)_minmax(0,1.2fr)_6.5rem_5rem_4rem] items-center gap-x-3 px-4';

/** A request. All of it opens its details. */
export function Row(props: Props) {
  const { row, place, count, narrow, top, onOpen } = props;
  return (
    <li
      aria-posinset={place}
      aria-setsize={count}
      className={`absolute inset-x-0 border-b border-line has-[button:hover]:bg-hover ${narrow ? 'h-19 px-4 py-1.5' : `h-9 ${COLUMNS}`}`}
      style={{ translate: `0 ${top}px` }}
    >
      {narrow ? <Stacked {...props} /> : <Cells {...props} />}
      <button
        type="button"
        data-request={row.id}
        aria-haspopup="dialog"
        aria-label={`Details: ${sentenceOf(row)}`}
        onClick={() => onOpen(row.id)}
        className="absolute inset-0 outline-offset-[-2px]"
      />
    </li>
  );
}

function Cells({ row, providerOf, processOf }: Props) {
  const { model, provider, process, firstTokenMs } = row;
  return (
    <>
      <Cell name="Time" className="text-muted">
        <Time time={row.time} />
      </Cell>
      <OutcomeMark row={row} />
      <Cell name="Model" className="font-mono text-xs">
        {model ?? <Unknown />}
      </Cell>
      <Cell name="Provider" className="text-soft">
        {provider === null ? <Unknown /> : providerOf(provider)}
      </Cell>
      <Cell name="Process" className="text-soft">
        {processOf(process)}
      </Cell>
      <Cell name="Tokens" className="text-right text-soft">
        {tokensOf(row)}
      </Cell>
      <Cell name="First token" className="text-right text-soft">
        {millisOr(firstTokenMs)}
      </Cell>
      <Cell name="Total" className="text-right">
        <Elapsed row={row} />
      </Cell>
    </>
  );
}

/** The same on three lines, where that is all the room there is. */
function Stacked({ row, providerOf, processOf }: Props) {
  const { model, provider, process, firstTokenMs, completionTokens } = row;
  const by = processOf(process);
  return (
    <>
      <Line>
        <OutcomeMark row={row} />
        <Cell name="Time" className="shrink-0 text-muted">
          <Time time={row.time} />
        </Cell>
      </Line>
      <Line>
        <Cell name="Model" className="font-mono text-xs leading-5">
          {model ?? <Unknown />}
        </Cell>
        <Cell name="Total" className="shrink-0">
          <Elapsed row={row} />
        </Cell>
      </Line>
      <Line>
        <Cell name="Provider" className="text-xs leading-5 text-muted">
          {provider === null ? by : `${providerOf(provider)}, by ${by}`}
        </Cell>
        <Cell
          name={completionTokens === null ? 'First token' : 'Tokens'}
          className="shrink-0 text-xs leading-5 text-muted"
        >
          {completionTokens === null ? millisOr(firstTokenMs) : `${tokensOf(row)} tokens`}
        </Cell>
      </Line>
    </>
  );
}

const Line = ({ children }: { children: ReactNode }) => <div className="flex justify-between gap-3">{children}</div>;

/** What is in a column, with the column's name for who does not see it. */
const Cell = ({ name, className, children }: { name: string; className: string; children: ReactNode }) => (
  <span className={`min-w-0 truncate ${className}`}>
    <span className="sr-only">{name}: </span>
    {children}
  </span>
);

const Unknown = () => <span className="text-muted">–</span>;

const Time = ({ time }: { time: number }) => (
  <time dateTime={new Date(time).toISOString()}>{clockSecondsOf(time)}</time>
);
