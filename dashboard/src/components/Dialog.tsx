import { X } from 'lucide-react';
import { type ReactNode, useId, useRef } from 'react';
import { Button } from './Button.tsx';
import { useModal } from './useModal.ts';

type Props = {
  title: string;
  onClose: () => void;
  children: ReactNode;
  /** Buttons at its foot. */
  actions?: ReactNode;
  wide?: boolean;
  /** There is nothing in it but text, which is scrolled by keyboard too. */
  reading?: boolean;
};

/** A modal dialog for as long as it is rendered. The browser keeps the focus in it and gives it back; Esc closes. */
export function Dialog({ title, onClose, children, actions, wide = false, reading = false }: Props) {
  const dialog = useRef<HTMLDialogElement>(null);
  const heading = useId();
  useModal(dialog);
  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: Esc does what a click beside the dialog does
    <dialog
      ref={dialog}
      aria-labelledby={heading}
      onCancel={(event) => {
        // That of a dialog within this one comes by here too.
        if (event.target !== event.currentTarget) return;
        event.preventDefault();
        onClose();
      }}
      onClose={({ target, currentTarget }) => {
        if (target !== currentTarget || currentTarget.open || !currentTarget.isConnected) return;
        // A browser that was asked twice to close it does not ask a third time; whether it closes is said here.
        currentTarget.showModal();
        onClose();
      }}
      onClick={(event) => event.target === dialog.current && onClose()}
      className="fade-in m-auto w-full rounded-xl border border-line bg-raised text-text shadow-(--shadow-high)"
      style={{ maxWidth: `min(calc(100vw - 2rem), ${wide ? '44rem' : '28rem'})` }}
    >
      <div className="flex max-h-[85dvh] flex-col">
        <header className="flex items-center gap-3 border-b border-line py-2.5 pr-2.5 pl-4">
          <h2 id={heading} className="grow text-base font-semibold">
            {title}
          </h2>
          <Button look="quiet" size="small" icon={<X size={15} />} aria-label="Close" onClick={onClose} />
        </header>
        <div className="overflow-y-auto p-4" {...(reading ? { tabIndex: 0 } : {})}>
          {children}
        </div>
        {actions && <footer className="flex justify-end gap-2 border-t border-line px-4 py-3">{actions}</footer>}
      </div>
    </dialog>
  );
}
