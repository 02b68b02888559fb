import type { ReactNode, TdHTMLAttributes, ThHTMLAttributes } from 'react';

/** Rows become blocks whose cells wrap; the head stays for those who hear it. `@max-4xl:` places their cells. */
const STACKED =
  '@max-4xl:block @max-4xl:[&_thead]:sr-only @max-4xl:[&_tbody]:block @max-4xl:[&_tr]:flex @max-4xl:[&_tr]:flex-wrap ' +
  '@max-4xl:[&_tr]:items-center @max-4xl:[&_tr]:gap-x-3 @max-4xl:[&_tr]:gap-y-2 @max-4xl:[&_tr]:px-4 @max-4xl:[&_tr]:py-3.5 ' +
  '@max-4xl:[&_td]:h-auto @max-4xl:[&_td]:p-0!';

type Props = {
  label: string;
  /** Where it is narrow, each row is put on several lines. */
  stacked?: boolean;
  children: ReactNode;
};

/** A table in its frame; a narrow screen scrolls it sideways, by keyboard too. */
export function Table({ label, stacked = false, children }: Props) {
  return (
    <section
      // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by keyboard
      tabIndex={0}
      aria-label={label}
      className="@container overflow-x-auto rounded-lg border border-line bg-surface shadow-(--shadow)"
    >
      <table
        className={`w-full border-collapse text-left [&_tbody_tr+tr:not([data-detail])]:border-t [&_tbody_tr]:border-line [&_tbody_tr:hover]:bg-hover ${stacked ? STACKED : ''}`}
      >
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

/** What of a row is too long for its cells: a line of its own below it, which belongs to it. */
export function DetailRow({ columns, children }: { columns: number; children: ReactNode }) {
  return (
    <tr data-detail className="[:hover+&]:bg-hover @max-4xl:-mt-1 @max-4xl:pt-0!">
      <td colSpan={columns} className="px-4 pb-3 @max-4xl:basis-full">
        {children}
      </td>
    </tr>
  );
}

/** For a row that may have one below it: the pointer is on both or on none. */
export const WITH_DETAIL = 'has-[+[data-detail]]:*:pb-1 has-[+[data-detail]:hover]:bg-hover';
