import { useCallback, useState } from 'react';
import { Card } from '@/components/Card.tsx';
import { PageHeader } from '@/components/PageHeader.tsx';
import { summaryOf } from '@/state/select.ts';
import { useLive } from '@/state/store.ts';
import { useUsageFeed } from '@/state/usage.ts';
import { useViews } from '@/state/views.ts';
import { FirstSteps } from './FirstSteps.tsx';
import { NoProcesses } from './NoProcesses.tsx';
import { ProcessRow } from './ProcessRow.tsx';
import { AllButtons, SelectionBar } from './Toolbar.tsx';
import { useRowKeys } from './useRowKeys.ts';

/** From how many rows on those out of sight are not laid out. */
const MANY = 40;
const MANY_ROWS = '*:[content-visibility:auto] *:[contain-intrinsic-size:auto_7rem]';

const NONE: ReadonlySet<string> = new Set();

export function ProcessesPage() {
  const views = useViews();
  const known = useLive((state) => state.epoch !== null);
  const [selected, setSelected] = useState(NONE);
  useRowKeys();
  useUsageFeed();
  const select = useCallback((id: string, on: boolean) => {
    setSelected((before) => new Set(on ? [...before, id] : [...before].filter((other) => other !== id)));
  }, []);
  return (
    <>
      <PageHeader title="Processes" note={summaryOf(views)}>
        <AllButtons views={views} />
      </PageHeader>
      {views.length > 0 && (
        <Card className={`divide-y divide-line ${views.length > MANY ? MANY_ROWS : ''}`}>
          {views.map((view) => {
            const { id } = view.process;
            return <ProcessRow key={id} view={view} selected={selected.has(id)} onSelect={select} />;
          })}
        </Card>
      )}
      {known && views.length === 0 && <NoProcesses />}
      <FirstSteps />
      <SelectionBar views={views.filter((view) => selected.has(view.process.id))} onClear={() => setSelected(NONE)} />
    </>
  );
}
