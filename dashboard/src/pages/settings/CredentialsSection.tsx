import { Check, Trash2 } from 'lucide-react';
import { useEffect, useState } from 'react';
import type { QwenCredentials, QwenRegion } from '@/api/types.ts';
import { Button } from '@/components/Button.tsx';
import { ConfirmDialog } from '@/components/ConfirmDialog.tsx';
import { Input, Select } from '@/components/Field.tsx';
import { FormError } from '@/components/FormError.tsx';
import { dateOf } from '@/components/format.ts';
import { SecretField } from '@/components/SecretField.tsx';
import { Tag } from '@/components/Tag.tsx';
import { type Form, useForm } from '@/components/useForm.ts';
import { deleteCredentials, readCredentials, setCredentials } from '@/state/catalog.ts';
import { type CredentialsWord, credentialsWordOf, waitsOf } from '@/state/select.ts';
import { useLive } from '@/state/store.ts';
import { toast } from '@/state/toasts.ts';
import { bodyOf, check, type Draft, draftOf, REGIONS } from './credentials-form.ts';
import { Section } from './Section.tsx';

const STATES: Record<CredentialsWord, { tone: 'plain' | 'good' | 'move' | 'bad'; advice: string }> = {
  Authenticated: { tone: 'good', advice: '' },
  Expired: { tone: 'move', advice: 'Credentials expired. Add a new key.' },
  Rejected: { tone: 'bad', advice: 'The key was rejected. Add another one.' },
  'No credentials': { tone: 'plain', advice: '' },
};

export function CredentialsSection() {
  const credentials = useLive((state) => state.credentials);
  const known = useCredentials();
  const word = credentialsWordOf(credentials);
  const { tone, advice } = STATES[word];
  return (
    <Section
      title="Qwen credentials"
      aside={<Tag tone={tone}>{word}</Tag>}
      note="An API key of Alibaba Cloud Model Studio, which the Qwen proxy sends with each request. It stays on this machine, and is never shown again."
    >
      {credentials.hasCredentials && <Dates advice={advice} known={known} />}
      <CredentialsForm isSet={credentials.hasCredentials} known={known} />
    </Section>
  );
}

/** Since when there are credentials, and until when. The place is kept while that is read. */
function Dates({ advice, known }: { advice: string; known: QwenCredentials | null }) {
  const facts = known?.hasCredentials
    ? [`Set ${dateOf(known.updatedAt ?? 0)}`, known.expiresAt == null ? 'no expiry date' : validity(known.expiresAt)]
    : [];
  return (
    <div className="min-h-5 pb-3 text-soft">
      {advice && <p className="font-medium text-text">{advice}</p>}
      {facts.length > 0 && <p>{facts.join(', ')}.</p>}
    </div>
  );
}

const validity = (time: number) => `${time > Date.now() ? 'valid until' : 'expired'} ${dateOf(time)}`;

/** Read again after each event about them. */
function useCredentials(): QwenCredentials | null {
  const news = useLive((state) => state.credentials);
  const [known, setKnown] = useState<QwenCredentials | null>(null);
  // biome-ignore lint/correctness/useExhaustiveDependencies: what is read again when there is news
  useEffect(() => {
    const abort = new AbortController();
    readCredentials(abort.signal).then(setKnown, () => {});
    return () => abort.abort();
  }, [news]);
  return known;
}

/** Only the key is never shown: what else there is stays, unless it is changed. */
function CredentialsForm({ isSet, known }: { isSet: boolean; known: QwenCredentials | null }) {
  const waits = useLive(waitsOf);
  const [deleting, setDeleting] = useState(false);
  const form = useForm<Draft>({
    stored: draftOf(known),
    check: (draft) => check(draft, Date.now()),
    save: async (draft) => {
      await setCredentials(bodyOf(draft));
      toast('info', 'Credentials saved');
    },
  });
  return (
    <form ref={form.ref} onSubmit={form.submit} noValidate className="grid gap-x-4 gap-y-3.5 sm:grid-cols-2">
      <FormError text={form.errors.form} className="sm:col-span-2" />
      <CredentialsFields form={form} isSet={isSet} />
      <div className="flex flex-wrap gap-2 sm:col-span-2">
        <Button
          type="submit"
          look="primary"
          icon={<Check size={14} aria-hidden="true" />}
          busy={form.busy}
          unavailable={waits}
        >
          {isSet ? 'Replace credentials' : 'Save credentials'}
        </Button>
        {isSet && (
          <Button
            look="danger"
            icon={<Trash2 size={14} aria-hidden="true" />}
            unavailable={waits}
            onClick={() => setDeleting(true)}
          >
            Delete credentials
          </Button>
        )}
      </div>
      {deleting && (
        <ConfirmDialog
          title="Delete Qwen’s credentials?"
          confirm="Delete"
          onConfirm={deleteCredentials}
          onClose={() => setDeleting(false)}
        >
          The Qwen proxy refuses requests until there are new ones. This cannot be undone: the key is not kept.
        </ConfirmDialog>
      )}
    </form>
  );
}

function CredentialsFields({ form: { draft, errors, change }, isSet }: { form: Form<Draft>; isSet: boolean }) {
  return (
    <>
      <SecretField
        label="API key"
        className="sm:col-span-2"
        isSet={isSet}
        help="It begins with sk-."
        helpIfSet="It is never shown. To change anything here, enter it again."
        value={draft.apiKey}
        error={errors.apiKey}
        onType={(apiKey) => change({ apiKey })}
      />
      <Select
        label="Region"
        help="Where the key was made: it is valid there alone."
        value={draft.region}
        error={errors.region}
        onChange={(event) => change({ region: event.target.value as QwenRegion })}
      >
        {Object.entries(REGIONS).map(([region, name]) => (
          <option key={region} value={region}>
            {name}
          </option>
        ))}
      </Select>
      <Input
        label="Valid through (optional)"
        type="date"
        help="The last day of the key, if it has one."
        value={draft.expiresAt}
        error={errors.expiresAt}
        onChange={(event) => change({ expiresAt: event.target.value })}
      />
      <Input
        label="Base URL (optional)"
        className="sm:col-span-2"
        inputMode="url"
        autoComplete="off"
        spellCheck={false}
        placeholder="https://dashscope-intl.aliyuncs.com/compatible-mode/v1"
        help="Left empty, it is the region’s own."
        value={draft.baseUrl}
        error={errors.baseUrl}
        onChange={(event) => change({ baseUrl: event.target.value })}
      />
    </>
  );
}
