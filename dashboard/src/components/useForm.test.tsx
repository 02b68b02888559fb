import { act, cleanup, fireEvent, render, screen } from '@testing-library/react';
import { afterEach, expect, it, vi } from 'vitest';
import { Failure } from '@/api/failure.ts';
import { Input } from './Field.tsx';
import { FormError } from './FormError.tsx';
import { useForm } from './useForm.ts';

afterEach(cleanup);

type Draft = { name: string; url: string };
type Props = { stored: Draft; save: (draft: Draft) => Promise<unknown> };

function Example({ stored, save }: Props) {
  const check = ({ name }: Draft) => (name === '' ? { name: 'Give it a name.' } : {});
  const { draft, errors, change, submit, ref, dirty } = useForm({ stored, check, save });
  return (
    <form ref={ref} onSubmit={submit} aria-label={dirty ? 'changed' : 'unchanged'}>
      <FormError text={errors.form} />
      <Input label="Name" value={draft.name} error={errors.name} onChange={(e) => change({ name: e.target.value })} />
      <Input label="URL" value={draft.url} error={errors.url} onChange={(e) => change({ url: e.target.value })} />
    </form>
  );
}

const STORED = { name: 'a', url: 'u' };
const field = (label: string) => screen.getByLabelText<HTMLInputElement>(label);
const type = (label: string, value: string) => fireEvent.change(field(label), { target: { value } });
const submit = () => act(async () => void fireEvent.submit(screen.getByRole('form')));

it('takes news into fields that were not touched, and into no other', () => {
  const save = vi.fn();
  const { rerender } = render(<Example stored={STORED} save={save} />);
  type('Name', 'typed');
  rerender(<Example stored={{ name: 'news', url: 'news' }} save={save} />);
  expect([field('Name').value, field('URL').value]).toEqual(['typed', 'news']);
});

it('says what is wrong at its field, goes there, and sends nothing', async () => {
  const save = vi.fn();
  render(<Example stored={STORED} save={save} />);
  type('Name', '');
  await submit();
  expect(field('Name').getAttribute('aria-invalid')).toBe('true');
  expect(document.activeElement).toBe(field('Name'));
  expect(save).not.toHaveBeenCalled();
  type('Name', 'b');
  expect(field('Name').hasAttribute('aria-invalid')).toBe(false);
});

it('puts what the server refuses at the field that it names, else at the top', async () => {
  const save = vi.fn<Props['save']>();
  render(<Example stored={STORED} save={save} />);
  type('Name', 'b');
  save.mockRejectedValueOnce(new Failure('invalid', '`url` names no host', { param: 'url' }));
  await submit();
  expect(field('URL').getAttribute('aria-invalid')).toBe('true');
  expect(document.activeElement).toBe(field('URL'));
  save.mockRejectedValueOnce(new Failure('invalid', 'Too many', { param: 'elsewhere' }));
  await submit();
  expect(screen.getByText('Too many').closest('[role=alert]')).not.toBeNull();
  expect(field('Name').value).toBe('b');
});

it('has nothing of its own once it is saved', async () => {
  render(<Example stored={STORED} save={() => Promise.resolve()} />);
  type('Name', 'b');
  expect(screen.getByRole('form', { name: 'changed' })).toBeDefined();
  await submit();
  expect(screen.getByRole('form', { name: 'unchanged' })).toBeDefined();
});
