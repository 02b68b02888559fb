import type { ReactNode, TdHTMLAttributes, ThHTMLAttributes } from 'react';

/** A table in its frame; a narrow screen scrolls it sideways, by keyboard too. */
export function Table({ label, children }: { label: string; children: ReactNode }) {
  return (
    <section
      // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by keyboard
      tabIndex={0}
      aria-label={label}
      className="overflow-x-auto rounded-lg border border-line bg-surface shadow-(--shadow)"
    >
      <table className="w-full border-collapse text-left [&_tbody_tr+tr]:border-t [&_tbody_tr]:border-line [&_tbody_tr:hover]:bg-hover">
        {children}
      </table>
    </section>
  );
}

export function Th({ className = '', ...rest }: ThHTMLAttributes<HTMLTableCellElement>) {
  return (
    <th
      scope="col"
      {...rest}
      className={`h-9 border-b border-line px-3 text-xs font-medium whitespace-nowrap text-muted first:pl-4 last:pr-4 ${className}`}
    />
  );
}

export function Td({ className = '', ...rest }: TdHTMLAttributes<HTMLTableCellElement>) {
  return <td {...rest} className={`h-11 px-3 py-2 first:pl-4 last:pr-4 ${className}`} />;
}
