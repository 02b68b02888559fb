import { useEffect, useId } from 'react';
import type { Model } from '@/api/types.ts';
import { Input, Select } from '@/components/Field.tsx';
import { FormDialog } from '@/components/FormDialog.tsx';
import { FormError } from '@/components/FormError.tsx';
import { type Form, useForm } from '@/components/useForm.ts';
import { createModel, updateModel } from '@/state/catalog.ts';
import { live, useLive } from '@/state/store.ts';
import { testProvider, useTestedModels } from '@/state/tests.ts';
import { changeOf, check, creationOf, type Draft, draftOf, emptyDraft } from './model-form.ts';

type Closing = { onClose: () => void };

/** `of`: the provider's model that is to get a name, if one was chosen. */
export function AddModel({ of, onClose }: Closing & { of: { providerId: string; upstreamModel: string } | null }) {
  const providers = useLive((state) => state.providers.items);
  const active = useLive((state) => state.settings?.active_provider);
  const first = providers.find(({ id }) => id === active) ?? providers[0];
  const form = useForm<Draft>({
    stored: { ...emptyDraft(first?.id ?? ''), ...of },
    check: (draft) => check(draft, true),
    save: async (draft) => {
      await createModel(creationOf(draft));
      onClose();
    },
  });
  return (
    <FormDialog title="Add a model" form={form} submit="Add model" onClose={onClose}>
      <Fields form={form} isNew />
    </FormDialog>
  );
}

/** `gone`: somebody has deleted it meanwhile. */
export function EditModel({ model, gone, onClose }: Closing & { model: Model; gone: boolean }) {
  const form = useForm<Draft>({
    stored: draftOf(model),
    check: (draft) => check(draft, false),
    save: async (draft) => {
      const change = changeOf(draft, model);
      if (Object.keys(change).length > 0) await updateModel(model.id, change);
      onClose();
    },
  });
  return (
    <FormDialog title={`Edit ${model.name}`} form={form} submit="Save" onClose={onClose}>
      <FormError text={gone ? 'This model has been deleted meanwhile.' : null} className="sm:col-span-2" />
      <Fields form={form} />
    </FormDialog>
  );
}

function Fields({ form, isNew = false }: { form: Form<Draft>; isNew?: boolean }) {
  const { draft, errors, change } = form;
  const providers = useLive((state) => state.providers.items);
  const list = useId();
  const names = useModelsOf(draft.providerId);
  const field = (name: keyof Draft) => ({
    value: draft[name],
    error: errors[name],
    autoComplete: 'off',
    onChange: (event: { target: { value: string } }) => change({ [name]: event.target.value }),
  });
  return (
    <>
      <Input label="Name" {...field('name')} />
      <Select label="Provider" {...field('providerId')}>
        {draft.providerId === '' && <option value="">Choose one</option>}
        {providers.map((provider) => (
          <option key={provider.id} value={provider.id}>
            {provider.name}
          </option>
        ))}
      </Select>
      <Input
        label={isNew ? 'Upstream model (optional)' : 'Upstream model'}
        className="sm:col-span-2"
        list={list}
        spellCheck={false}
        help={`What the provider calls it.${isNew ? ' Left empty, it is the id.' : ''}${offerOf(names)}`}
        {...field('upstreamModel')}
      />
      <datalist id={list}>
        {names.map((name) => (
          <option key={name} value={name} />
        ))}
      </datalist>
      {isNew && (
        <Input
          label="Id (optional)"
          spellCheck={false}
          help="What a request calls it. Left empty, it is made from the name."
          {...field('id')}
        />
      )}
      <Input
        label="Capabilities (optional)"
        spellCheck={false}
        placeholder="chat, tools, vision"
        help="Words with commas between them."
        {...field('capabilities')}
      />
    </>
  );
}

const offerOf = ({ length }: readonly string[]) =>
  length === 0 ? '' : ` The provider has ${length === 1 ? 'one, which is' : `${length}, which are`} offered here.`;

/** What the provider calls its models; it is asked when it is chosen. */
function useModelsOf(id: string): readonly string[] {
  useEffect(() => {
    const provider = live.getState().providers.items.find((each) => each.id === id);
    if (provider) void testProvider(provider, true);
  }, [id]);
  return useTestedModels(id);
}
