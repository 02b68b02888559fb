import { Link } from 'wouter';
import type { Model } from '@/api/types.ts';
import { Td } from '@/components/Table.tsx';
import { Tag } from '@/components/Tag.tsx';
import { RowActions } from '@/pages/shared/RowActions.tsx';
import { useLive } from '@/state/store.ts';
import { UseButton } from './UseButton.tsx';

type Props = {
  model: Model;
  active: boolean;
  /** Why nothing can be done now. */
  waits: string | null;
  onEdit: () => void;
  onDelete: () => void;
};

export function ModelRow({ model, active, waits, onEdit, onDelete }: Props) {
  const { id, name, upstreamModel, capabilities } = model;
  return (
    <tr>
      <Td className="@max-4xl:grow @max-4xl:basis-full">
        <div className="flex flex-wrap items-center gap-x-2 gap-y-0.5">
          <span className="font-medium wrap-anywhere">{name}</span>
          {active && <Tag tone="accent">Active</Tag>}
        </div>
        <div className="font-mono text-xs break-all text-muted">{id}</div>
      </Td>
      <Td className="@max-4xl:basis-full">
        <span className="text-muted @4xl:hidden">Provider: </span>
        <ProviderName id={model.providerId} />
      </Td>
      <Td className="font-mono text-xs break-all text-soft @max-4xl:basis-full">
        <span className="font-sans text-sm text-muted @4xl:hidden">Upstream: </span>
        {upstreamModel}
      </Td>
      <Td className="@max-4xl:basis-full @max-4xl:empty:hidden">
        {capabilities.length > 0 && (
          <span className="flex flex-wrap gap-1">
            {capabilities.map((word) => (
              <Tag key={word}>{word}</Tag>
            ))}
          </span>
        )}
      </Td>
      <Td className="@max-4xl:basis-full @4xl:w-px">
        <RowActions {...{ name, onEdit, onDelete }}>
          <UseButton {...{ id, name, active, waits }} />
        </RowActions>
      </Td>
    </tr>
  );
}

function ProviderName({ id }: { id: string }) {
  const provider = useLive((state) => state.providers.items.find((each) => each.id === id));
  return (
    <>
      <Link href={`/providers?edit=${encodeURIComponent(id)}`} className="wrap-anywhere hover:underline">
        {provider?.name ?? id}
      </Link>
      {provider && !provider.enabled && <span className="text-xs whitespace-nowrap text-move"> (disabled)</span>}
    </>
  );
}
