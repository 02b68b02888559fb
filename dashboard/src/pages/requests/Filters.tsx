import { Pause, Play } from 'lucide-react';
import { type RefObject, useState } from 'react';
import { Button } from '@/components/Button.tsx';
import { SearchBox } from '@/components/SearchBox.tsx';
import { useTyped } from '@/components/useTyped.ts';
import type { Rows } from '@/state/requests/rows.ts';
import type { Address } from './address.ts';
import type { Names } from './Row.tsx';
import { IN_FLIGHT, OUTCOMES } from './words.ts';

type Props = Names & {
  address: Address;
  change: (change: Partial<Address>) => void;
  /** What is there to choose from. */
  rows: Rows;
  field: RefObject<HTMLInputElement | null>;
  held: boolean;
  onHold: () => void;
};

/** Which requests are shown. */
export function Filters({ address, change, rows, field, held, onHold, providerOf, processOf }: Props) {
  const [text, setText] = useTyped(address.text, (typed) => change({ text: typed }));
  const providers = useSeen(rows, 'provider', address.provider);
  const models = useSeen(rows, 'model', address.model);
  const processes = useSeen(rows, 'process', address.process);
  return (
    <div className="flex flex-wrap items-center gap-2 pb-3">
      <div className="flex min-w-0 grow basis-64 gap-2">
        <SearchBox
          field={field}
          label="Search the requests"
          placeholder="Search: model, client, error…"
          text={text}
          onText={setText}
          onKeyDown={({ key, currentTarget }) => key === 'Escape' && (text === '' ? currentTarget.blur() : setText(''))}
        />
        <Button
          icon={held ? <Play size={14} aria-hidden="true" /> : <Pause size={14} aria-hidden="true" />}
          className="w-[6.25rem] max-sm:w-11 max-sm:px-0"
          aria-keyshortcuts="p"
          onClick={onHold}
        >
          <span className="max-sm:sr-only">{held ? 'Resume' : 'Pause'}</span>
        </Button>
      </div>
      <div className="grid grow grid-cols-2 gap-2 sm:grid-cols-4 lg:grow-0">
        <Choice label="Outcome" any="Any outcome" value={address.outcome} onChoose={(outcome) => change({ outcome })}>
          <option value="in_flight">{IN_FLIGHT.word}</option>
          <option value="failed">Failed</option>
          <optgroup label="By name">
            {Object.entries(OUTCOMES).map(([name, { word }]) => (
              <option key={name} value={name}>
                {word}
              </option>
            ))}
          </optgroup>
        </Choice>
        <Choice
          label="Provider"
          any="Any provider"
          value={address.provider}
          onChoose={(provider) => change({ provider })}
        >
          <Options values={providers} wordOf={providerOf} />
        </Choice>
        <Choice label="Model" any="Any model" value={address.model} onChoose={(model) => change({ model })}>
          <Options values={models} wordOf={(id) => id} />
        </Choice>
        <Choice label="Process" any="Any process" value={address.process} onChoose={(process) => change({ process })}>
          <Options values={processes} wordOf={processOf} />
        </Choice>
      </div>
    </div>
  );
}

type ChoiceProps = {
  label: string;
  any: string;
  value: string | null;
  onChoose: (value: string | null) => void;
  children: React.ReactNode;
};

function Choice({ label, any, value, onChoose, children }: ChoiceProps) {
  return (
    <select
      aria-label={label}
      value={value ?? ''}
      onChange={({ target }) => onChoose(target.value === '' ? null : target.value)}
      className={`h-8 w-full min-w-0 rounded-md border bg-surface px-1.5 text-sm lg:w-34 pointer-coarse:h-11 ${value === null ? 'border-line-strong' : 'border-accent font-medium'}`}
    >
      <option value="">{any}</option>
      {children}
    </select>
  );
}

function Options({ values, wordOf }: { values: readonly string[]; wordOf: (value: string) => string }) {
  return values.map((value) => (
    <option key={value} value={value}>
      {wordOf(value)}
    </option>
  ));
}

/** How many there are to choose from; the rest is found by the search. */
const MOST_OPTIONS = 200;

/** What rows ever had there while this page was shown: a choice does not take away the others. */
function useSeen(rows: Rows, key: 'provider' | 'model' | 'process', chosen: string | null): readonly string[] {
  const [seen, setSeen] = useState<ReadonlySet<string>>(new Set());
  const news = [chosen, ...rows.map((row) => row[key])].filter((value) => value !== null && !seen.has(value));
  if (news.length > 0 && seen.size < MOST_OPTIONS) setSeen(new Set([...seen, ...news] as string[]));
  return [...seen].slice(0, MOST_OPTIONS).sort();
}
