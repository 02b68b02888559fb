import { type ReactNode, useState } from 'react';
import { asFailure } from '@/api/failure.ts';
import { Button } from './Button.tsx';
import { Dialog } from './Dialog.tsx';
import { FormError } from './FormError.tsx';
import { Spinner } from './Spinner.tsx';

type Props = {
  title: string;
  /** What the button says that does it: `Delete`. */
  confirm: string;
  /** What will be so then. */
  children: ReactNode;
  onConfirm: () => unknown;
  onClose: () => void;
};

/** Asks before something is lost. It closes when that is done, and says so when it cannot be. */
export function ConfirmDialog({ title, confirm, children, onConfirm, onClose }: Props) {
  const [failure, setFailure] = useState<string | null>(null);
  const [busy, setBusy] = useState(false);
  const run = async () => {
    if (busy) return;
    setBusy(true);
    try {
      await onConfirm();
      onClose();
    } catch (thrown) {
      setFailure(asFailure(thrown).message);
      setBusy(false);
    }
  };
  const actions = (
    <>
      <Button onClick={onClose}>Cancel</Button>
      <Button look="danger" busy={busy} onClick={() => void run()}>
        {busy && <Spinner size={14} />}
        {confirm}
      </Button>
    </>
  );
  return (
    <Dialog title={title} onClose={onClose} actions={actions}>
      <div className="flex flex-col gap-2 text-soft">{children}</div>
      <FormError text={failure} className="mt-3" />
    </Dialog>
  );
}
