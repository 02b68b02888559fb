import { CaseSensitive, ChevronDown, ChevronUp } from 'lucide-react';
import type { RefObject } from 'react';
import { Button } from '@/components/Button.tsx';
import { IN_BOX } from '@/components/field-box.ts';
import { SearchBox } from '@/components/SearchBox.tsx';
import { useTyped } from '@/components/useTyped.ts';
import type { Address } from './address.ts';
import { Toggle } from './Toggle.tsx';

type Props = {
  address: Address;
  onChange: (change: Partial<Address>) => void;
  /** Goes to the next match: -1 to an older one, 1 to a newer one. */
  onStep: (step: -1 | 1) => void;
  /** The id of the text that says what is wrong with it; null: nothing is. */
  problem: string | null;
  field: RefObject<HTMLInputElement | null>;
};

/** What is searched for, and whether what does not match is left out. */
export function SearchField({ address, onChange, onStep, problem, field }: Props) {
  const { mode, matchCase } = address;
  const [text, setText] = useTyped(address.source, (source) => onChange({ source }));
  const onKeyDown = (event: React.KeyboardEvent) => {
    if (event.key === 'Escape' && text !== '') setText('');
    else if (event.key === 'Escape') field.current?.blur();
    else if (event.key === 'Enter' && mode === 'find') onStep(event.shiftKey ? 1 : -1);
    else return;
    event.preventDefault();
  };
  return (
    <div className="flex min-w-0 grow basis-72 items-center gap-1.5">
      <SearchBox
        field={field}
        label={mode === 'find' ? 'Find by regular expression' : 'Filter by regular expression'}
        placeholder={mode === 'find' ? 'Find by regex' : 'Filter by regex'}
        aria-invalid={problem !== null || undefined}
        aria-describedby={problem ?? undefined}
        text={text}
        onText={setText}
        onKeyDown={onKeyDown}
        className="font-mono text-xs"
      >
        <Toggle label="Match case" pressed={matchCase} onPress={(on) => onChange({ matchCase: on })} className={IN_BOX}>
          <CaseSensitive size={16} aria-hidden="true" />
        </Toggle>
      </SearchBox>
      <Mode mode={mode} onMode={(chosen) => onChange({ mode: chosen })} />
      {mode === 'find' && <Steps onStep={onStep} />}
    </div>
  );
}

const MODES: readonly { mode: Address['mode']; word: string; title: string }[] = [
  { mode: 'filter', word: 'Filter', title: 'Only what matches' },
  { mode: 'find', word: 'Find', title: 'Everything, with what matches marked' },
];

function Mode({ mode, onMode }: { mode: Address['mode']; onMode: (mode: Address['mode']) => void }) {
  return (
    <fieldset className="flex shrink-0 rounded-md border border-line-strong">
      <legend className="sr-only">What becomes of lines that do not match</legend>
      {MODES.map(({ mode: each, word, title }) => (
        <button
          key={each}
          type="button"
          aria-pressed={each === mode}
          title={title}
          onClick={() => onMode(each)}
          className="h-[30px] px-2.5 text-xs font-medium text-soft first:rounded-l-[5px] last:rounded-r-[5px] hover:bg-hover aria-pressed:bg-accent-soft aria-pressed:text-text pointer-coarse:h-[42px]"
        >
          {word}
        </button>
      ))}
    </fieldset>
  );
}

function Steps({ onStep }: { onStep: (step: -1 | 1) => void }) {
  return (
    <div className="flex shrink-0">
      <Button
        look="quiet"
        icon={<ChevronUp size={16} />}
        aria-label="Older match"
        title="Older match (Enter)"
        onClick={() => onStep(-1)}
      />
      <Button
        look="quiet"
        icon={<ChevronDown size={16} />}
        aria-label="Newer match"
        title="Newer match (Shift Enter)"
        onClick={() => onStep(1)}
      />
    </div>
  );
}
