import { Check } from 'lucide-react';
import { asFailure, Failure } from '@/api/failure.ts';
import { Button } from '@/components/Button.tsx';
import { Input } from '@/components/Field.tsx';
import { FormError } from '@/components/FormError.tsx';
import { useForm } from '@/components/useForm.ts';
import { TIMEOUTS, type TimeoutKey } from '@/pages/shared/timeouts.ts';
import { waitsOf } from '@/state/select.ts';
import { setSetting } from '@/state/settings.ts';
import { live, useLive } from '@/state/store.ts';
import { toast } from '@/state/toasts.ts';
import { Section } from './Section.tsx';
import { changesOf, check, type Draft, draftOf, KEYS } from './timeouts.ts';

export function TimeoutsSection() {
  const settings = useLive((state) => state.settings);
  const waits = useLive(waitsOf);
  const form = useForm<Draft>({ stored: draftOf(settings), check, save });
  const unchanged = form.dirty ? null : 'Nothing was changed';
  return (
    <Section title="Timeouts" note="How long the router waits for a provider, in seconds.">
      <form ref={form.ref} onSubmit={form.submit} noValidate className="grid gap-x-4 gap-y-3.5 sm:grid-cols-3">
        <FormError text={form.errors.form} className="sm:col-span-3" />
        {KEYS.map((key) => (
          <Input
            key={key}
            label={`${TIMEOUTS[key].label} (s)`}
            help={`${TIMEOUTS[key].help} Usually ${TIMEOUTS[key].usual}.`}
            inputMode="decimal"
            autoComplete="off"
            value={form.draft[key]}
            error={form.errors[key]}
            onChange={(event) => form.change({ [key]: event.target.value })}
          />
        ))}
        <div className="flex gap-2 sm:col-span-3">
          <Button
            type="submit"
            look="primary"
            icon={<Check size={14} aria-hidden="true" />}
            busy={form.busy}
            unavailable={waits ?? unchanged}
          >
            Save timeouts
          </Button>
          <UsualButton draft={form.draft} onUse={form.change} />
        </div>
      </form>
    </Section>
  );
}

const USUAL = draftOf(null);

function UsualButton({ draft, onUse }: { draft: Draft; onUse: (draft: Draft) => void }) {
  const usual = KEYS.every((key) => draft[key] === USUAL[key]);
  return (
    <Button look="quiet" unavailable={usual ? 'They are the usual ones' : null} onClick={() => onUse(USUAL)}>
      Fill in the usual ones
    </Button>
  );
}

/** One after the other: what fails names its field. */
async function save(draft: Draft): Promise<void> {
  for (const [key, seconds] of changesOf(draft, live.getState().settings)) {
    await setSetting(key, seconds).catch((thrown) => {
      throw at(key, asFailure(thrown));
    });
  }
  toast('info', 'Timeouts saved');
}

/** The server names the field `value`, whichever setting it is of. */
function at(key: TimeoutKey, { kind, message, param }: Failure): Failure {
  return new Failure(kind, message, param === 'value' ? { param: key } : {});
}
