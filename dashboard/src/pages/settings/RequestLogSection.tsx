import { Check } from 'lucide-react';
import { Link } from 'wouter';
import { asFailure, Failure } from '@/api/failure.ts';
import { Button } from '@/components/Button.tsx';
import { Input } from '@/components/Field.tsx';
import { FormError } from '@/components/FormError.tsx';
import { useForm } from '@/components/useForm.ts';
import { waitsOf } from '@/state/select.ts';
import { setSetting } from '@/state/settings.ts';
import { useLive } from '@/state/store.ts';
import { toast } from '@/state/toasts.ts';
import { Section } from './Section.tsx';
import { checkRows, type RowsDraft } from './timeouts.ts';

/** How much of the requests is kept. */
export function RequestLogSection() {
  const settings = useLive((state) => state.settings);
  const waits = useLive(waitsOf);
  const stored = settings?.request_log_max_rows;
  const form = useForm<RowsDraft>({ stored: { rows: String(stored ?? '') }, check: checkRows, save });
  if (stored === undefined) return null;
  const unchanged = form.dirty ? null : 'Nothing was changed';
  const note = (
    <>
      What is listed in{' '}
      <Link href="/requests" className="font-medium text-accent hover:underline">
        Requests
      </Link>
      . What was in a request or an answer is never kept.
    </>
  );
  return (
    <Section title="Requests" note={note}>
      <form ref={form.ref} onSubmit={form.submit} noValidate className="flex flex-col gap-3.5">
        <FormError text={form.errors.form} />
        <Input
          label="How many are kept"
          help="The oldest ones go first. 0 keeps none that has ended."
          inputMode="numeric"
          autoComplete="off"
          className="sm:w-64"
          value={form.draft.rows}
          error={form.errors.rows}
          onChange={(event) => form.change({ rows: event.target.value })}
        />
        <Button
          type="submit"
          look="primary"
          className="self-start"
          icon={<Check size={14} aria-hidden="true" />}
          busy={form.busy}
          unavailable={waits ?? unchanged}
        >
          Save
        </Button>
      </form>
    </Section>
  );
}

async function save({ rows }: RowsDraft): Promise<void> {
  try {
    await setSetting('request_log_max_rows', Number(rows));
  } catch (thrown) {
    const { kind, message, param } = asFailure(thrown);
    throw new Failure(kind, message, param === 'value' ? { param: 'rows' } : {});
  }
  toast('info', 'Saved');
}
