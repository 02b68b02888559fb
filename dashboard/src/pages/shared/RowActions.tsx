import { Pencil, Trash2 } from 'lucide-react';
import type { ReactNode } from 'react';
import { Button } from '@/components/Button.tsx';

type Props = {
  /** Of what the row is about. */
  name: string;
  onEdit: () => void;
  onDelete: () => void;
  /** What else can be done with it. */
  children: ReactNode;
};

/** What can be done with what is in a row; a cell's content. */
export function RowActions({ name, onEdit, onDelete, children }: Props) {
  return (
    <div className="flex gap-1 @4xl:justify-end">
      {children}
      <Button look="quiet" size="small" icon={<Pencil size={14} />} aria-label={`Edit ${name}`} onClick={onEdit} />
      <Button look="quiet" size="small" icon={<Trash2 size={14} />} aria-label={`Delete ${name}`} onClick={onDelete} />
    </div>
  );
}
