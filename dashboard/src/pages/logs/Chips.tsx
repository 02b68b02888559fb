import { StateMark } from '@/components/StateMark.tsx';
import { isLastKnown, type View } from '@/state/select.ts';
import { useLive } from '@/state/store.ts';
import { toggled } from './address.ts';

type Props = {
  views: readonly View[];
  chosen: readonly string[] | null;
  onChoose: (chosen: readonly string[] | null) => void;
};

/** Whose output is shown. */
export function Chips({ views, chosen, onChoose }: Props) {
  const lastKnown = useLive(isLastKnown);
  return (
    <fieldset className="flex min-w-0 items-center gap-1.5 max-sm:-mx-4 max-sm:overflow-x-auto max-sm:px-4 max-sm:py-0.5 sm:flex-wrap">
      <legend className="sr-only">Processes that are shown</legend>
      <Chip pressed={chosen === null} onClick={() => onChoose(null)}>
        All
      </Chip>
      {views.map(({ process: { id, title }, state, message }) => (
        <Chip
          key={id}
          pressed={chosen?.includes(id) ?? false}
          title={lastKnown ? `Last known: ${message}` : message}
          onClick={() => onChoose(toggled(chosen, id))}
        >
          <span className={lastKnown ? 'last-known' : ''}>
            <StateMark state={state} still={lastKnown} />
          </span>
          {title}
        </Chip>
      ))}
    </fieldset>
  );
}

type ChipProps = { pressed: boolean; title?: string; onClick: () => void; children: React.ReactNode };

function Chip({ pressed, children, ...rest }: ChipProps) {
  return (
    <button
      type="button"
      aria-pressed={pressed}
      {...rest}
      className="flex h-7 max-w-full shrink-0 items-center whitespace-nowrap gap-1.5 rounded-full border border-line-strong bg-raised px-2.5 text-xs font-medium text-soft transition-colors hover:bg-hover aria-pressed:border-accent aria-pressed:bg-accent-soft aria-pressed:text-text pointer-coarse:h-11 pointer-coarse:px-3.5"
    >
      {children}
    </button>
  );
}
