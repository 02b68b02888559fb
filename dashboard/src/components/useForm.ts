import { type RefObject, type SyntheticEvent, useEffect, useRef, useState } from 'react';
import { asFailure, type Failure } from '@/api/failure.ts';

/** What is wrong with each field; under `form`, what is wrong with none of them. */
export type Errors<F> = { [K in keyof F | 'form']?: string };

export type Form<F> = {
  draft: F;
  errors: Errors<F>;
  busy: boolean;
  /** Whether something was typed that is not what is stored. */
  dirty: boolean;
  change: (edits: Partial<F>) => void;
  submit: (event: SyntheticEvent) => void;
  ref: RefObject<HTMLFormElement | null>;
};

type Means<F> = {
  /** What holds now. News of it show in fields that were not touched, and in no other. */
  stored: F;
  check: (draft: F) => Errors<F>;
  /** Throws a `Failure`, which is shown at the field that it names. */
  save: (draft: F) => Promise<unknown>;
};

/** A form over what is stored: what a person typed lies on top until it is saved. */
export function useForm<F extends object>({ stored, check, save }: Means<F>): Form<F> {
  const [edits, setEdits] = useState<Partial<F>>({});
  const [errors, setErrors] = useState<Errors<F>>({});
  const [busy, setBusy] = useState(false);
  const ref = useRef<HTMLFormElement>(null);
  const draft = { ...stored, ...edits };
  useFocusOnError(ref, errors);
  const change = (more: Partial<F>) => {
    setEdits((before) => ({ ...before, ...more }));
    setErrors((before) => withoutKeys(before, ['form', ...Object.keys(more)]));
  };
  const submit = async (event: SyntheticEvent) => {
    event.preventDefault();
    if (busy) return;
    const wrong = check(draft);
    setErrors(wrong);
    if (Object.keys(wrong).length > 0) return;
    setBusy(true);
    try {
      await save(draft);
      setEdits({});
    } catch (thrown) {
      setErrors(errorsOf(asFailure(thrown), draft));
    } finally {
      setBusy(false);
    }
  };
  return { draft, errors, busy, dirty: differs(stored, edits), change, submit, ref };
}

/** At the field that the server named, else at the form. */
export function errorsOf<F extends object>(failure: Failure, draft: F): Errors<F> {
  const field = failure.param !== null && Object.hasOwn(draft, failure.param) ? failure.param : 'form';
  return { [field]: failure.message } as Errors<F>;
}

export function differs<F extends object>(stored: F, edits: Partial<F>): boolean {
  return (Object.keys(edits) as (keyof F)[]).some((key) => edits[key] !== stored[key]);
}

function withoutKeys<T extends object>(record: T, keys: readonly string[]): T {
  return Object.fromEntries(Object.entries(record).filter(([key]) => !keys.includes(key))) as T;
}

function useFocusOnError(ref: RefObject<HTMLFormElement | null>, errors: object) {
  useEffect(() => {
    if (Object.keys(errors).length > 0) ref.current?.querySelector<HTMLElement>('[aria-invalid="true"]')?.focus();
  }, [ref, errors]);
}
