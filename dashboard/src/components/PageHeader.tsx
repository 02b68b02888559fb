import type { ReactNode } from 'react';

type Props = { title: string; note?: ReactNode; children?: ReactNode };

/** The head of a page: its title, a word about it, and what can be done with all of it. */
export function PageHeader({ title, note, children }: Props) {
  return (
    <header className="flex min-h-9 flex-wrap items-center gap-x-3 gap-y-2 pb-4">
      <h1 tabIndex={-1} className={`text-xl font-semibold tracking-tight ${note ? '' : 'grow'}`}>
        {title}
      </h1>
      {note && <p className="grow text-muted">{note}</p>}
      {children && <div className="flex flex-wrap items-center gap-2 sm:ml-auto">{children}</div>}
    </header>
  );
}
