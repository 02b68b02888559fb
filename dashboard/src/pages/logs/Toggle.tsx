import type { ReactNode } from 'react';

type Props = {
  label: string;
  /** What the pointer is told; without it the label. */
  title?: string;
  pressed: boolean;
  onPress: (pressed: boolean) => void;
  className?: string;
  children: ReactNode;
};

/** A button of an icon that is pressed or not. */
export function Toggle({ label, title = label, pressed, onPress, className = '', children }: Props) {
  return (
    <button
      type="button"
      aria-label={label}
      title={title}
      aria-pressed={pressed}
      onClick={() => onPress(!pressed)}
      className={`inline-flex size-8 shrink-0 items-center justify-center rounded-md border border-transparent text-muted transition-colors hover:bg-hover hover:text-text aria-pressed:bg-accent-soft aria-pressed:text-accent pointer-coarse:size-11 ${className}`}
    >
      {children}
    </button>
  );
}
