import type { Provider, ProviderType } from '@/api/types.ts';
import { Input, Select, Textarea } from '@/components/Field.tsx';
import { FormDialog } from '@/components/FormDialog.tsx';
import { FormError } from '@/components/FormError.tsx';
import { SecretField } from '@/components/SecretField.tsx';
import { type Form, useForm } from '@/components/useForm.ts';
import { createProvider, updateProvider } from '@/state/catalog.ts';
import { testProvider } from '@/state/tests.ts';
import { changeOf, check, creationOf, type Draft, draftOf, EMPTY, KINDS, TYPES, withType } from './provider-form.ts';
import { TimeoutFields } from './TimeoutFields.tsx';

type Closing = { onClose: () => void };

export function AddProvider({ onClose }: Closing) {
  const form = useForm<Draft>({
    stored: EMPTY,
    check,
    save: async (draft) => {
      void testProvider(await createProvider(creationOf(draft)));
      onClose();
    },
  });
  return (
    <FormDialog title="Add a provider" form={form} submit="Add provider" onClose={onClose}>
      <Fields form={form} />
    </FormDialog>
  );
}

/** `gone`: somebody has deleted it meanwhile. */
export function EditProvider({ provider, gone, onClose }: Closing & { provider: Provider; gone: boolean }) {
  const form = useForm<Draft>({
    stored: draftOf(provider),
    check,
    save: async (draft) => {
      const change = changeOf(draft, provider);
      if (Object.keys(change).length > 0) void testProvider(await updateProvider(provider.id, change));
      onClose();
    },
  });
  return (
    <FormDialog title={`Edit ${provider.name}`} form={form} submit="Save" onClose={onClose}>
      <FormError text={gone ? 'This provider has been deleted meanwhile.' : null} className="sm:col-span-2" />
      <Fields form={form} provider={provider} />
    </FormDialog>
  );
}

function Fields({ form, provider }: { form: Form<Draft>; provider?: Provider }) {
  const { draft, errors, change } = form;
  const field = (name: 'name' | 'id' | 'baseUrl' | 'priority' | 'description') => ({
    value: draft[name],
    error: errors[name],
    onChange: (event: { target: { value: string } }) => change({ [name]: event.target.value }),
  });
  return (
    <>
      <Select
        label="Type"
        value={draft.type}
        error={errors.type}
        onChange={(event) => change(withType(draft, event.target.value as ProviderType, !provider))}
      >
        {TYPES.map((type) => (
          <option key={type} value={type}>
            {KINDS[type].word}
          </option>
        ))}
      </Select>
      <Input label="Name" autoComplete="off" {...field('name')} />
      <Input
        label="Base URL"
        className="sm:col-span-2"
        inputMode="url"
        autoComplete="off"
        spellCheck={false}
        placeholder="http://127.0.0.1:1234/v1"
        help="Of an OpenAI-compatible server. It usually ends in /v1."
        {...field('baseUrl')}
      />
      <SecretField
        label="API key"
        className="sm:col-span-2"
        isSet={provider?.hasApiKey ?? false}
        help={KINDS[draft.type].keyHelp}
        value={draft.apiKey}
        removed={draft.removeKey}
        error={errors.apiKey}
        onType={(apiKey) => change({ apiKey, removeKey: false })}
        onRemove={(removeKey) => change({ removeKey, apiKey: '' })}
      />
      {!provider && (
        <Input
          label="Id (optional)"
          autoComplete="off"
          spellCheck={false}
          help="Names it, as in id/model. Left empty, it is made from the name."
          {...field('id')}
        />
      )}
      <Input
        label="Priority"
        inputMode="numeric"
        autoComplete="off"
        help="Where two providers have a model, the higher number gets the request."
        {...field('priority')}
      />
      <TimeoutFields draft={draft} errors={errors} change={change} />
      <Textarea label="Description (optional)" className="sm:col-span-2" {...field('description')} />
      <label className="flex w-fit cursor-pointer items-center gap-2 font-medium sm:col-span-2">
        <input
          type="checkbox"
          checked={draft.enabled}
          onChange={(event) => change({ enabled: event.target.checked })}
          className="size-4 accent-(--accent)"
        />
        Enabled: requests go there
      </label>
    </>
  );
}
