import { type RefObject, useLayoutEffect } from 'react';

/**
 * Opens the dialog modally for as long as it is rendered. It is closed before it leaves the document, for only then does
 * the browser give the focus back to where it was.
 */
export function useModal(dialog: RefObject<HTMLDialogElement | null>): void {
  useLayoutEffect(() => {
    const element = dialog.current;
    element?.showModal();
    // A form is there to be filled in: its first field goes before the button that closes.
    element?.querySelector<HTMLElement>(':is(input, select, textarea):not([type="hidden"])')?.focus();
    return () => element?.close();
  }, [dialog]);
}
