import { type ReactNode, useId } from 'react';

export type Tab<K extends string> = { key: K; label: string; panel: () => ReactNode };

type Props<K extends string> = { label: string; tabs: readonly Tab<K>[]; chosen: K; onChoose: (key: K) => void };

/** Tabs as the ARIA guide has them: arrows choose, Tab goes on into the panel. Only the chosen panel is rendered. */
export function Tabs<K extends string>({ label, tabs, chosen, onChoose }: Props<K>) {
  const id = useId();
  const current = tabs.find((tab) => tab.key === chosen) ?? tabs[0];
  if (!current) return null;
  const onKeyDown = (event: React.KeyboardEvent) => {
    const step = STEPS[event.key];
    if (step === undefined) return;
    event.preventDefault();
    const next = tabs[wrap(step(tabs.indexOf(current), tabs.length), tabs.length)];
    if (!next) return;
    onChoose(next.key);
    document.getElementById(`${id}-${next.key}`)?.focus();
  };
  return (
    <>
      <div
        role="tablist"
        aria-label={label}
        className="flex gap-1 overflow-x-auto border-b border-line"
        onKeyDown={onKeyDown}
      >
        {tabs.map((tab) => (
          <button
            key={tab.key}
            id={`${id}-${tab.key}`}
            type="button"
            role="tab"
            aria-selected={tab === current}
            aria-controls={`${id}-panel`}
            tabIndex={tab === current ? 0 : -1}
            onClick={() => onChoose(tab.key)}
            className="-mb-px h-9 shrink-0 border-b-2 border-transparent px-2.5 font-medium text-muted transition-colors hover:text-text aria-selected:border-accent aria-selected:text-text pointer-coarse:h-11"
          >
            {tab.label}
          </button>
        ))}
      </div>
      <div id={`${id}-panel`} role="tabpanel" aria-labelledby={`${id}-${current.key}`} className="pt-4">
        {current.panel()}
      </div>
    </>
  );
}

const STEPS: Record<string, (at: number, count: number) => number> = {
  ArrowRight: (at) => at + 1,
  ArrowLeft: (at) => at - 1,
  Home: () => 0,
  End: (_at, count) => count - 1,
};

const wrap = (at: number, count: number) => (at + count) % count;
