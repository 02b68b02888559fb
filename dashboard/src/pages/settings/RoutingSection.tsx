import { type ReactNode, useState } from 'react';
import { Link } from 'wouter';
import { asFailure } from '@/api/failure.ts';
import { Select } from '@/components/Field.tsx';
import { announce } from '@/state/announce.ts';
import { useRouterModels } from '@/state/router.ts';
import { waitsOf } from '@/state/select.ts';
import { type SettingKey, setSetting } from '@/state/settings.ts';
import { useLive } from '@/state/store.ts';
import { Section } from './Section.tsx';

export function RoutingSection() {
  return (
    <Section title="Routing" note="Where requests go that name no provider. A change holds at once, without a restart.">
      <div className="grid gap-x-4 gap-y-3.5 sm:grid-cols-2">
        <ActiveProvider />
        <ActiveModel />
      </div>
    </Section>
  );
}

function ActiveProvider() {
  const providers = useLive((state) => state.providers.items);
  const value = useSetting('active_provider');
  const chosen = providers.find(({ id }) => id === value);
  const help =
    chosen && !chosen.enabled ? `${chosen.name} is disabled: nothing is sent there.` : 'Gets what no other one has.';
  return (
    <SettingSelect name="active_provider" label="Active provider" help={help} value={value}>
      {providers.map(({ id, name, enabled }) => (
        <option key={id} value={id}>
          {enabled ? name : `${name} (disabled)`}
        </option>
      ))}
      {value !== null && !chosen && <option value={value}>{value} (unknown)</option>}
    </SettingSelect>
  );
}

function ActiveModel() {
  const models = useLive((state) => state.models.items);
  const { ids } = useRouterModels();
  const value = useSetting('active_model');
  const own = new Set(models.map(({ id }) => id));
  const others = ids.filter((id) => !own.has(id));
  const isListed = value === null || own.has(value) || others.includes(value);
  const help = (
    <>
      Chosen for you in{' '}
      <Link href="/chat" className="font-medium text-accent hover:underline">
        Chat
      </Link>
      .{ids.length === 0 && own.size === 0 && ' The router lists what there is while it runs.'}
    </>
  );
  return (
    <SettingSelect name="active_model" label="Active model" help={help} value={value}>
      {!isListed && <option value={value}>{value}</option>}
      {models.map(({ id, name }) => (
        <option key={id} value={id}>
          {name}
        </option>
      ))}
      {others.length > 0 && (
        <optgroup label="Of the router">
          {others.map((id) => (
            <option key={id}>{id}</option>
          ))}
        </optgroup>
      )}
    </SettingSelect>
  );
}

function useSetting(key: SettingKey): string | null {
  const value = useLive((state) => state.settings?.[key]);
  return typeof value === 'string' && value !== '' ? value : null;
}

type Props = { name: SettingKey; label: string; help: ReactNode; value: string | null; children: ReactNode };

/** Holds as soon as it is chosen, and shows what was chosen until the server has answered. */
function SettingSelect({ name, label, help, value, children }: Props) {
  const waits = useLive(waitsOf);
  const [wanted, setWanted] = useState<string | null>(null);
  const [error, setError] = useState<string | null>(null);
  const choose = async (chosen: string) => {
    setWanted(chosen);
    setError(null);
    try {
      await setSetting(name, chosen === '' ? null : chosen);
      announce(`${label} saved`);
    } catch (thrown) {
      setError(asFailure(thrown).message);
    }
    setWanted(null);
  };
  return (
    <Select
      label={label}
      help={help}
      error={error}
      disabled={waits !== null}
      title={waits ?? undefined}
      value={wanted ?? value ?? ''}
      onChange={(event) => void choose(event.target.value)}
    >
      <option value="">None</option>
      {children}
    </Select>
  );
}
