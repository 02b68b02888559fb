import type { ReactNode } from 'react';
import { Dialog } from '@/components/Dialog.tsx';
import { useLastKnown } from '@/components/useLastKnown.ts';

type Props<T> = {
  search: URLSearchParams;
  items: readonly T[];
  /** What one of them is called: `provider`. */
  noun: string;
  add: () => ReactNode;
  /** `gone`: somebody has deleted it meanwhile. */
  edit: (item: T, gone: boolean) => ReactNode;
  onClose: () => void;
};

/** The form that the address asks for: `?add` or `?edit=ID`. */
export function FormByAddress<T extends { id: string }>({ search, add, ...rest }: Props<T>) {
  const id = search.get('edit');
  if (search.has('add')) return add();
  return id === null ? null : <Edit key={id} id={id} {...rest} />;
}

type EditProps<T> = Omit<Props<T>, 'search' | 'add'> & { id: string };

function Edit<T extends { id: string }>({ id, items, noun, edit, onClose }: EditProps<T>) {
  const found = items.find((item) => item.id === id);
  const item = useLastKnown(found);
  if (item) return edit(item, !found);
  return (
    <Dialog title={`No such ${noun}`} onClose={onClose}>
      <p className="text-soft">
        There is no {noun} <code className="font-mono break-all">{id}</code>. It may have been deleted.
      </p>
    </Dialog>
  );
}
