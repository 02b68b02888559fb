import { type ButtonHTMLAttributes, type ReactNode, useId } from 'react';
import { Spinner } from './Spinner.tsx';

type Look = 'plain' | 'primary' | 'quiet' | 'danger';

const LOOKS: Record<Look, string> = {
  plain:
    'border-line-strong bg-raised text-text shadow-(--shadow) not-aria-disabled:hover:bg-hover aria-disabled:border-line',
  primary:
    'border-transparent bg-accent text-on-accent shadow-(--shadow) not-aria-disabled:hover:brightness-110 aria-disabled:border-line',
  quiet: 'border-transparent text-soft not-aria-disabled:hover:bg-hover not-aria-disabled:hover:text-text',
  danger:
    'border-line-strong bg-raised text-bad shadow-(--shadow) not-aria-disabled:hover:bg-bad-soft aria-disabled:border-line',
};

export type ButtonProps = Omit<ButtonHTMLAttributes<HTMLButtonElement>, 'disabled'> & {
  look?: Look;
  size?: 'small' | 'normal';
  icon?: ReactNode;
  /** Something that it began is under way: a spinner takes the icon's place, and the size stays. */
  busy?: boolean;
  /** Why it cannot be used now. It can still be reached, and says so. */
  unavailable?: string | null | undefined;
};

export function Button(props: ButtonProps) {
  const { look = 'plain', size = 'normal', icon, busy = false, unavailable, className = '', children, ...rest } = props;
  const reason = useId();
  const onClick = unavailable ? (event: React.MouseEvent) => event.preventDefault() : rest.onClick;
  return (
    <>
      <button
        type="button"
        title={unavailable ?? undefined}
        {...rest}
        onClick={onClick}
        aria-disabled={unavailable ? true : undefined}
        aria-busy={busy || undefined}
        aria-describedby={unavailable ? reason : rest['aria-describedby']}
        className={`${shape(size, icon !== undefined && children === undefined)} ${LOOKS[look]} ${className}`}
      >
        {busy && icon !== undefined ? <Spinner size={14} /> : icon}
        {children}
      </button>
      {unavailable && (
        <span id={reason} hidden>
          {unavailable}
        </span>
      )}
    </>
  );
}

function shape(size: 'small' | 'normal', iconOnly: boolean): string {
  const height = size === 'small' ? 'h-7' : 'h-8';
  const width = iconOnly ? (size === 'small' ? 'w-7' : 'w-8') : 'px-2.5';
  return [
    'inline-flex shrink-0 items-center justify-center gap-1.5 rounded-md border text-sm font-medium whitespace-nowrap select-none',
    // Colours move for the pointer alone: a hundred rows that change their state would otherwise be repainted all the time.
    'hover:transition-colors hover:duration-100 pointer-coarse:h-11 aria-disabled:cursor-not-allowed aria-disabled:text-muted',
    'aria-disabled:bg-transparent aria-disabled:shadow-none',
    height,
    width,
  ].join(' ');
}
