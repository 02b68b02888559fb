import { ArrowDown, ArrowUp, Plus, X } from 'lucide-react';
import { type ReactNode, useState } from 'react';
import { asFailure } from '@/api/failure.ts';
import { Button } from '@/components/Button.tsx';
import { Switch } from '@/components/Field.tsx';
import { announce } from '@/state/announce.ts';
import { waitsOf } from '@/state/select.ts';
import { setSetting } from '@/state/settings.ts';
import { useLive } from '@/state/store.ts';
import { toast } from '@/state/toasts.ts';
import { byPriority, moved, orderOf } from './fallback.ts';
import { Section } from './Section.tsx';

/** Who answers where the first provider fails. */
export function FallbackSection() {
  const settings = useLive((state) => state.settings);
  const on = settings?.fallback !== false;
  if (settings && !('fallback' in settings)) return null;
  return (
    <Section
      title="Fallback"
      note="Where a provider fails before its answer has begun, the router asks the next one that has the same model."
      aside={<OnSwitch on={on} />}
    >
      {on ? <Order /> : <p className="text-muted">Off: a provider’s failure is the answer.</p>}
    </Section>
  );
}

/** Shows what was chosen until the server has answered. */
function useSaving<T extends boolean | readonly string[] | null>(key: 'fallback' | 'fallback_order', what: string) {
  const [wanted, setWanted] = useState<{ value: T } | null>(null);
  const save = async (value: T) => {
    setWanted({ value });
    try {
      await setSetting(key, value);
      announce(`${what} saved`);
    } catch (thrown) {
      toast('error', `Could not save ${what.toLowerCase()}: ${asFailure(thrown).message}`);
    }
    setWanted(null);
  };
  return { wanted, save };
}

function OnSwitch({ on }: { on: boolean }) {
  const waits = useLive(waitsOf);
  const { wanted, save } = useSaving<boolean>('fallback', 'Fallback');
  const value = wanted?.value ?? on;
  return <Switch label="Fallback" checked={value} unavailable={waits} onChange={(next) => void save(next)} />;
}

function Order() {
  const settings = useLive((state) => state.settings);
  const providers = useLive((state) => state.providers.items);
  const waits = useLive(waitsOf);
  const { wanted, save } = useSaving<readonly string[] | null>('fallback_order', 'Fallback order');
  const chosen = wanted ? wanted.value : orderOf(settings, providers);
  const order = chosen ?? byPriority(providers);
  const others = providers.filter(({ id }) => !order.includes(id));
  const nameOf = (id: string) => providers.find((provider) => provider.id === id)?.name ?? id;
  return (
    <div className="flex flex-col gap-2">
      <p className="text-muted">
        {chosen === null
          ? 'By the priority of the providers, where a request names none of them.'
          : 'In this order, also where a request names its provider.'}
      </p>
      <ol className="divide-y divide-line rounded-lg border border-line empty:hidden">
        {order.map((id, at) => (
          <Place key={id} place={at + 1} name={nameOf(id)}>
            <Tool
              label={`Move ${nameOf(id)} up`}
              icon={<ArrowUp size={14} />}
              waits={at === 0 ? 'It is the first one' : waits}
              onClick={() => void save(moved(order, id, -1))}
            />
            <Tool
              label={`Move ${nameOf(id)} down`}
              icon={<ArrowDown size={14} />}
              waits={at === order.length - 1 ? 'It is the last one' : waits}
              onClick={() => void save(moved(order, id, 1))}
            />
            <Tool
              label={`Leave ${nameOf(id)} out`}
              icon={<X size={14} />}
              waits={waits}
              onClick={() => void save(order.filter((other) => other !== id))}
            />
          </Place>
        ))}
      </ol>
      <div className="flex flex-wrap gap-2">
        {others.map(({ id, name }) => (
          <Button
            key={id}
            size="small"
            icon={<Plus size={14} aria-hidden="true" />}
            className="max-w-full"
            unavailable={waits}
            onClick={() => void save([...order, id])}
          >
            <span className="truncate" title={name}>
              {name}
            </span>
          </Button>
        ))}
        {chosen !== null && (
          <Button look="quiet" size="small" unavailable={waits} onClick={() => void save(null)}>
            By priority
          </Button>
        )}
      </div>
    </div>
  );
}

function Place({ place, name, children }: { place: number; name: string; children: ReactNode }) {
  return (
    <li className="flex h-10 items-center gap-3 pr-1.5 pl-3 pointer-coarse:h-12">
      <span className="w-5 text-right text-muted">{place}</span>
      <span className="min-w-0 grow truncate font-medium" title={name}>
        {name}
      </span>
      <span className="flex">{children}</span>
    </li>
  );
}

type ToolProps = { label: string; icon: ReactNode; waits: string | null; onClick: () => void };

const Tool = ({ label, icon, waits, onClick }: ToolProps) => (
  <Button look="quiet" size="small" icon={icon} aria-label={label} unavailable={waits} onClick={onClick} />
);
