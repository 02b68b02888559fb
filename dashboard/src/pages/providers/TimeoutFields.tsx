import { Input } from '@/components/Field.tsx';
import type { Form } from '@/components/useForm.ts';
import { TIMEOUTS } from '@/pages/shared/timeouts.ts';
import { useLive } from '@/state/store.ts';
import { FIELDS, SETTING_OF, type Timeouts } from './timeouts.ts';

/** How long this provider may take; what is left empty shows what then holds. */
export function TimeoutFields({ draft, errors, change }: Pick<Form<Timeouts>, 'draft' | 'errors' | 'change'>) {
  const settings = useLive((state) => state.settings);
  return (
    <fieldset className="grid gap-x-4 gap-y-3.5 sm:col-span-2 sm:grid-cols-3">
      <legend className="mb-1 text-xs text-muted">Timeouts in seconds. Left empty, they are as in Settings.</legend>
      {FIELDS.map((field) => {
        const { label, help, usual } = TIMEOUTS[SETTING_OF[field]];
        return (
          <Input
            key={field}
            label={`${label} (s)`}
            help={help}
            inputMode="decimal"
            autoComplete="off"
            placeholder={String(settings?.[SETTING_OF[field]] ?? usual)}
            value={draft[field]}
            error={errors[field]}
            onChange={(event) => change({ [field]: event.target.value })}
          />
        );
      })}
    </fieldset>
  );
}
