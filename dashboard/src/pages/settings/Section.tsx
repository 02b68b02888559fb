import { type ReactNode, useId } from 'react';
import { Card } from '@/components/Card.tsx';

type Props = { title: string; note?: ReactNode; aside?: ReactNode; children: ReactNode };

/** A part of the settings: what it is about on the left, what can be set on the right. */
export function Section({ title, note, aside, children }: Props) {
  const id = useId();
  return (
    <Card>
      <section aria-labelledby={id} className="grid gap-x-8 gap-y-4 p-4 lg:grid-cols-[16rem_minmax(0,1fr)] lg:p-5">
        <div>
          <div className="flex flex-wrap items-center gap-x-3 gap-y-1">
            <h2 id={id} className="text-base font-semibold">
              {title}
            </h2>
            {aside}
          </div>
          {note && <p className="pt-1 text-muted">{note}</p>}
        </div>
        <div className="min-w-0">{children}</div>
      </section>
    </Card>
  );
}
