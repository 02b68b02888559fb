// A model as it is typed: what is wrong with it, and what is sent. Pure.
import type { Model, ModelChange, NewModel } from '@/api/types.ts';
import type { Errors } from '@/components/useForm.ts';

export type Draft = {
  name: string;
  /** Only of one that is to be. */
  id: string;
  providerId: string;
  upstreamModel: string;
  /** Words with commas or spaces between them. */
  capabilities: string;
};

export const emptyDraft = (providerId: string): Draft => ({
  name: '',
  id: '',
  providerId,
  upstreamModel: '',
  capabilities: '',
});

export function draftOf({ name, id, providerId, upstreamModel, capabilities }: Model): Draft {
  return { name, id, providerId, upstreamModel, capabilities: capabilities.join(', ') };
}

/** `isNew`: what the provider calls it may then be left out. */
export function check(draft: Draft, isNew: boolean): Errors<Draft> {
  const errors: Errors<Draft> = {};
  const { name, upstreamModel } = draft;
  if (name.trim() === '') errors.name = 'Give it a name.';
  if (draft.providerId === '') errors.providerId = 'Choose whose model it is.';
  if (/\s/.test(upstreamModel.trim())) errors.upstreamModel = 'A model’s name has no spaces.';
  else if (!isNew && upstreamModel.trim() === '') errors.upstreamModel = 'Say what the provider calls it.';
  if (/\s/.test(draft.id.trim())) errors.id = 'An id has no spaces.';
  return errors;
}

export function creationOf(draft: Draft): NewModel {
  const { id, upstreamModel, ...rest } = valuesOf(draft);
  return { ...rest, ...(id ? { id } : {}), ...(upstreamModel ? { upstreamModel } : {}) };
}

/** Only what differs. */
export function changeOf(draft: Draft, stored: Model): ModelChange {
  const { id: _, ...values } = valuesOf(draft);
  const differing = Object.entries(values).filter(
    ([key, value]) => JSON.stringify(value) !== JSON.stringify(stored[key as keyof Model]),
  );
  return Object.fromEntries(differing);
}

function valuesOf({ name, id, providerId, upstreamModel, capabilities }: Draft) {
  return {
    name: name.trim(),
    id: id.trim(),
    providerId,
    upstreamModel: upstreamModel.trim(),
    capabilities: wordsOf(capabilities),
  };
}

/** `chat, tools` as words, each once. */
export const wordsOf = (text: string): string[] => [...new Set(text.split(/[\s,]+/).filter(Boolean))];
