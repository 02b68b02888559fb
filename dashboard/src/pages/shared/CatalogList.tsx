import { type ReactNode, useState } from 'react';
import { Table, Th } from '@/components/Table.tsx';

type Props<T> = {
  label: string;
  /** What stands above the columns; the last one, which has the actions, is added. */
  heads: readonly { word: string; className?: string }[];
  items: readonly T[];
  row: (item: T, onDelete: () => void) => ReactNode;
  /** Asks before the item is deleted. */
  question: (item: T, onClose: () => void) => ReactNode;
};

/** A table of things of one kind, any of which can be deleted. */
export function CatalogList<T extends { id: string }>({ label, heads, items, row, question }: Props<T>) {
  const [deleting, setDeleting] = useState<T | null>(null);
  return (
    <>
      <Table label={label} stacked>
        <thead>
          <tr>
            {heads.map(({ word, className = '' }) => (
              <Th key={word} className={className}>
                {word}
              </Th>
            ))}
            <Th>
              <span className="sr-only">Actions</span>
            </Th>
          </tr>
        </thead>
        <tbody>{items.map((item) => row(item, () => setDeleting(item)))}</tbody>
      </Table>
      {deleting && question(deleting, () => setDeleting(null))}
    </>
  );
}
