import { useEffect, useId, useRef, useState } from 'react';
import { useLocation } from 'wouter';
import { useModal } from '@/components/useModal.ts';
import { useViews } from '@/state/views.ts';
import { type Command, commandsFor, matching } from './commands.ts';

type Props = { onClose: () => void; onHelp: () => void };

/** Everything by its name. The focus stays in the field; the arrows choose, Enter does, Esc closes. */
export default function Palette({ onClose, onHelp }: Props) {
  const dialog = useRef<HTMLDialogElement>(null);
  const [, navigate] = useLocation();
  const [text, setText] = useState('');
  const [at, setAt] = useState(0);
  const found = matching(commandsFor(useViews(), { navigate, openHelp: onHelp }), text);
  const chosen = Math.min(at, found.length - 1);
  const id = useId();
  useModal(dialog);
  const run = (command: Command | undefined) => {
    if (!command) return;
    onClose();
    command.run();
  };
  const onKeyDown = (event: React.KeyboardEvent) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step !== undefined) {
      event.preventDefault();
      setAt((chosen + step + found.length) % Math.max(1, found.length));
    } else if (event.key === 'Enter') {
      event.preventDefault();
      run(found[chosen]);
    }
  };
  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: Esc does what a click beside the palette does
    <dialog
      ref={dialog}
      aria-label="Command palette"
      onCancel={(event) => {
        event.preventDefault();
        onClose();
      }}
      onClick={(event) => event.target === dialog.current && onClose()}
      className="fade-in mx-auto mt-[12vh] w-[min(36rem,calc(100vw-2rem))] rounded-xl border border-line bg-raised text-text shadow-(--shadow-high)"
    >
      <input
        role="combobox"
        aria-label="Command"
        aria-expanded={found.length > 0}
        aria-controls={`${id}-list`}
        aria-activedescendant={found[chosen] ? `${id}-${chosen}` : undefined}
        aria-autocomplete="list"
        autoComplete="off"
        spellCheck={false}
        placeholder="Type a command or a name"
        value={text}
        onChange={(event) => {
          setText(event.target.value);
          setAt(0);
        }}
        onKeyDown={onKeyDown}
        className="h-12 w-full border-b border-line bg-transparent px-4 text-base outline-none placeholder:text-muted"
      />
      <Results {...{ id, found, chosen, run }} onPoint={setAt} />
    </dialog>
  );
}

type ResultsProps = {
  id: string;
  found: readonly Command[];
  chosen: number;
  run: (command: Command) => void;
  onPoint: (at: number) => void;
};

function Results({ id, found, chosen, run, onPoint }: ResultsProps) {
  const list = useRef<HTMLDivElement>(null);
  useEffect(() => {
    list.current?.children[chosen]?.scrollIntoView({ block: 'nearest' });
  }, [chosen]);
  return (
    <>
      <div ref={list} id={`${id}-list`} role="listbox" aria-label="Commands" className="max-h-80 overflow-y-auto p-1.5">
        {found.map((command, at) => (
          // biome-ignore lint/a11y/useKeyWithClickEvents: the keys are taken by the field, which keeps the focus
          <div
            key={command.title}
            id={`${id}-${at}`}
            role="option"
            tabIndex={-1}
            aria-selected={at === chosen}
            onPointerMove={() => onPoint(at)}
            onClick={() => run(command)}
            className="flex h-9 cursor-pointer items-center justify-between gap-3 rounded-md px-2.5 aria-selected:bg-accent-soft pointer-coarse:h-11"
          >
            <span className="truncate">{command.title}</span>
            <span className="shrink-0 text-xs text-muted">{command.group}</span>
          </div>
        ))}
      </div>
      {found.length === 0 && <p className="px-4 pb-4 text-muted">Nothing is called that.</p>}
    </>
  );
}
