import { CaseSensitive, ChevronDown, ChevronUp, Search, X } from 'lucide-react';
import { type RefObject, useEffect, useState } from 'react';
import { Button } from '@/components/Button.tsx';
import type { Address } from './address.ts';
import { Toggle } from './Toggle.tsx';

/** How long after the last key the search begins. */
const PAUSE_MS = 200;

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
      <div className="relative min-w-0 grow">
        <Search size={14} aria-hidden="true" className="absolute top-1/2 left-2.5 -translate-y-1/2 text-muted" />
        <input
          ref={field}
          type="text"
          inputMode="search"
          spellCheck={false}
          autoCapitalize="off"
          autoComplete="off"
          aria-label={mode === 'find' ? 'Find by regular expression' : 'Filter by regular expression'}
          aria-keyshortcuts="/"
          aria-invalid={problem !== null || undefined}
          aria-describedby={problem ?? undefined}
          placeholder={mode === 'find' ? 'Find by regex' : 'Filter by regex'}
          value={text}
          onChange={(event) => setText(event.target.value)}
          onKeyDown={onKeyDown}
          className="h-8 w-full rounded-md border border-line-strong bg-surface pr-16 pl-8 font-mono text-xs text-text placeholder:font-sans placeholder:text-sm placeholder:text-muted aria-invalid:border-bad-fill pointer-coarse:h-11 pointer-coarse:pr-24 pointer-coarse:text-lg"
        />
        <div className="absolute inset-y-0 right-1 flex items-center">
          {text !== '' && (
            <Button
              look="quiet"
              size="small"
              icon={<X size={13} />}
              aria-label="Empty the search"
              className="h-6! w-6! pointer-coarse:h-10! pointer-coarse:w-10!"
              onClick={() => setText('')}
            />
          )}
          <Toggle
            label="Match case"
            pressed={matchCase}
            onPress={(on) => onChange({ matchCase: on })}
            className="h-6! w-6! pointer-coarse:h-10! pointer-coarse:w-10!"
          >
            <CaseSensitive size={16} aria-hidden="true" />
          </Toggle>
        </div>
      </div>
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

/** A text that is told after a pause in typing, and that follows where it is changed elsewhere. */
function useTyped(given: string, tell: (text: string) => void) {
  const [text, setText] = useState(given);
  const [told, setTold] = useState(given);
  if (told !== given) {
    setTold(given);
    setText(given);
  }
  // biome-ignore lint/correctness/useExhaustiveDependencies: only typing starts the pause
  useEffect(() => {
    if (text === given) return;
    const timer = setTimeout(() => {
      setTold(text);
      tell(text);
    }, PAUSE_MS);
    return () => clearTimeout(timer);
  }, [text]);
  return [text, setText] as const;
}
