import { Plus } from 'lucide-react';
import { useRef, useState } from 'react';
import { Link } from 'wouter';
import { Button } from '@/components/Button.tsx';
import { FormError } from '@/components/FormError.tsx';
import { SearchBox } from '@/components/SearchBox.tsx';
import { Table, Td, Th } from '@/components/Table.tsx';
import { Tag } from '@/components/Tag.tsx';
import { type FoundModel, useRouterModels } from '@/state/router.ts';
import { useLive } from '@/state/store.ts';
import { UseButton } from './UseButton.tsx';

/** How many are shown; who looks for others searches. */
const MOST_SHOWN = 100;

type Props = {
  /** Gives one a name of one's own. */
  onName: (providerId: string, upstreamModel: string) => void;
  waits: string | null;
};

/** What the router has found at the providers, each with its provider. */
export function FoundModels({ onName, waits }: Props) {
  const { models, failure } = useRouterModels();
  const own = useLive((state) => state.models.items);
  const names = new Set(own.map(({ id }) => id));
  const others = models.filter(({ id }) => !names.has(id));
  const [text, setText] = useState('');
  const field = useRef<HTMLInputElement>(null);
  const found = others.filter(({ id, providerId }) => `${id} ${providerId}`.toLowerCase().includes(text.toLowerCase()));
  if (others.length === 0 && failure === null) return null;
  return (
    <section aria-labelledby="found" className="flex flex-col gap-3 pt-8">
      <div className="flex flex-wrap items-center gap-x-3 gap-y-2">
        <h2 id="found" className="text-base font-semibold">
          Found at the providers
        </h2>
        <p className="grow text-muted">{others.length} by the router</p>
        <div className="w-64 max-sm:w-full">
          <SearchBox field={field} label="Search the models" placeholder="Search" text={text} onText={setText} />
        </div>
      </div>
      <FormError text={failure} />
      {found.length > 0 && (
        <Table label="Models of the providers" stacked>
          <thead>
            <tr>
              <Th>Model</Th>
              <Th>Provider</Th>
              <Th>
                <span className="sr-only">Actions</span>
              </Th>
            </tr>
          </thead>
          <tbody>
            {found.slice(0, MOST_SHOWN).map((model) => (
              <Row key={model.id} {...{ model, onName, waits }} />
            ))}
          </tbody>
        </Table>
      )}
      {found.length === 0 && text !== '' && <p className="text-muted">None is called that.</p>}
      {found.length > MOST_SHOWN && <p className="text-muted">{found.length - MOST_SHOWN} more: search for them.</p>}
    </section>
  );
}

function Row({ model, onName, waits }: Props & { model: FoundModel }) {
  const { id, providerId, available } = model;
  const provider = useLive((state) => state.providers.items.find((each) => each.id === providerId));
  const active = useLive((state) => state.settings?.active_model) === id;
  const upstream = provider && id.startsWith(`${provider.id}/`) ? id.slice(provider.id.length + 1) : id;
  return (
    <tr>
      <Td className="@max-4xl:basis-full">
        <span className="font-mono text-xs break-all">{id}</span> {active && <Tag tone="accent">Active</Tag>}{' '}
        {!available && <Tag tone="move">Not available now</Tag>}
      </Td>
      <Td className="@max-4xl:grow">
        {provider ? (
          <Link href={`/providers?edit=${encodeURIComponent(provider.id)}`} className="hover:underline">
            {provider.name}
          </Link>
        ) : (
          <span className="text-muted">{providerId ?? '–'}</span>
        )}
      </Td>
      <Td className="@4xl:w-px">
        <div className="flex gap-1 @4xl:justify-end">
          <UseButton id={id} name={id} active={active} waits={waits} />
          {provider && (
            <Button
              size="small"
              icon={<Plus size={14} aria-hidden="true" />}
              aria-label={`Name it: ${id}`}
              unavailable={waits}
              onClick={() => onName(provider.id, upstream)}
            >
              Name it
            </Button>
          )}
        </div>
      </Td>
    </tr>
  );
}
