import { Check } from 'lucide-react';
import { type ReactNode, useId, useState } from 'react';
import { Button } from './Button.tsx';
import { ConfirmDialog } from './ConfirmDialog.tsx';
import { Dialog } from './Dialog.tsx';
import { FormError } from './FormError.tsx';
import type { Form } from './useForm.ts';

type Props<F> = {
  title: string;
  form: Form<F>;
  /** What the button says that saves: `Add provider`. */
  submit: string;
  onClose: () => void;
  children: ReactNode;
};

/** A form in a dialog. What was typed is not thrown away unasked. */
export function FormDialog<F>({ title, form, submit, onClose, children }: Props<F>) {
  const id = useId();
  const [leaving, setLeaving] = useState(false);
  const leave = () => (form.dirty ? setLeaving(true) : onClose());
  const actions = (
    <>
      <Button onClick={leave}>Cancel</Button>
      <Button type="submit" form={id} look="primary" busy={form.busy} icon={<Check size={14} aria-hidden="true" />}>
        {submit}
      </Button>
    </>
  );
  return (
    <Dialog title={title} onClose={leave} actions={actions} wide>
      <form id={id} ref={form.ref} onSubmit={form.submit} noValidate className="grid gap-x-4 gap-y-3.5 sm:grid-cols-2">
        <FormError text={form.errors.form} className="sm:col-span-2" />
        {children}
      </form>
      {leaving && (
        <ConfirmDialog
          title="Discard your changes?"
          confirm="Discard"
          onConfirm={onClose}
          onClose={() => setLeaving(false)}
        >
          What you have typed is not saved.
        </ConfirmDialog>
      )}
    </Dialog>
  );
}
