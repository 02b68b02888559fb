import { Search, X } from 'lucide-react';
import type { InputHTMLAttributes, ReactNode, RefObject } from 'react';
import { Button } from './Button.tsx';
import { IN_BOX } from './field-box.ts';

type Props = Omit<InputHTMLAttributes<HTMLInputElement>, 'onChange'> & {
  field: RefObject<HTMLInputElement | null>;
  label: string;
  text: string;
  onText: (text: string) => void;
  /** Further buttons within it, at its end. */
  children?: ReactNode;
};

/** What is searched for. */
export function SearchBox({ field, label, text, onText, className = '', children, ...input }: Props) {
  return (
    <div className="relative min-w-0 grow">
      <Search size={14} aria-hidden="true" className="absolute top-1/2 left-2.5 -translate-y-1/2 text-muted" />
      <input
        ref={field}
        type="text"
        inputMode="search"
        spellCheck={false}
        autoCapitalize="off"
        autoComplete="off"
        aria-label={label}
        aria-keyshortcuts="/"
        {...input}
        value={text}
        onChange={(event) => onText(event.target.value)}
        className={`h-8 w-full rounded-md border border-line-strong bg-surface pr-16 pl-8 text-text placeholder:font-sans placeholder:text-sm placeholder:text-muted aria-invalid:border-bad-fill pointer-coarse:h-11 pointer-coarse:pr-24 pointer-coarse:text-lg ${className}`}
      />
      <div className="absolute inset-y-0 right-1 flex items-center">
        {text !== '' && (
          <Button
            look="quiet"
            size="small"
            icon={<X size={13} />}
            aria-label="Empty the search"
            className={IN_BOX}
            onClick={() => onText('')}
          />
        )}
        {children}
      </div>
    </div>
  );
}
