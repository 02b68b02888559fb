import { Zap } from 'lucide-react';
import { useState } from 'react';
import { Link } from 'wouter';
import { asFailure } from '@/api/failure.ts';
import type { Provider } from '@/api/types.ts';
import { Button } from '@/components/Button.tsx';
import { Switch } from '@/components/Field.tsx';
import { DetailRow, Td, WITH_DETAIL } from '@/components/Table.tsx';
import { Tag } from '@/components/Tag.tsx';
import { RowActions } from '@/pages/shared/RowActions.tsx';
import { enableProvider } from '@/state/catalog.ts';
import type { Seen } from '@/state/health.ts';
import { useLive } from '@/state/store.ts';
import { testProvider, useTest } from '@/state/tests.ts';
import { toast } from '@/state/toasts.ts';
import { wordOf } from './provider-form.ts';
import { Reason, VerdictCell } from './VerdictCell.tsx';
import { keyless, type Verdict, verdictOf } from './verdict.ts';

type Props = {
  provider: Provider;
  active: boolean;
  /** How it is, where that is known. */
  health: Seen | undefined;
  /** How many the table has. */
  columns: number;
  /** Why nothing can be done now. */
  waits: string | null;
  onEdit: () => void;
  onDelete: () => void;
};

/** A provider; below it why it is not well, where that is known. */
export function ProviderRow(props: Props) {
  const { provider, health, columns } = props;
  const test = useTest(provider);
  const lacksKey = useLacksKey(provider);
  const seen = verdictOf(health, test);
  const verdict = lacksKey ? keyless(seen) : seen;
  return (
    <>
      <Cells {...props} verdict={verdict} testing={test?.kind === 'running'} />
      {verdict.reason !== null && (
        <DetailRow columns={columns}>
          <Reason of={provider.name} verdict={verdict} />
        </DetailRow>
      )}
    </>
  );
}

type CellsProps = Omit<Props, 'health' | 'columns'> & { verdict: Verdict; testing: boolean };

function Cells({ provider, active, verdict, testing, waits, onEdit, onDelete }: CellsProps) {
  const { name } = provider;
  return (
    <tr className={WITH_DETAIL}>
      <Td className="@max-4xl:grow @max-4xl:basis-[calc(100%-4rem)] @4xl:w-[26%] @4xl:min-w-40">
        <Name provider={provider} active={active} />
      </Td>
      <Td className="@max-4xl:order-1 @max-4xl:basis-full @4xl:min-w-52">
        <div className="text-soft">{wordOf(provider.type)}</div>
        <div className="font-mono text-xs wrap-anywhere text-muted">{provider.baseUrl}</div>
      </Td>
      <Td>
        <EnabledSwitch provider={provider} waits={waits} />
      </Td>
      <Td className="whitespace-nowrap @max-4xl:order-2">
        <span className="text-muted @4xl:hidden">Key: </span>
        <Key provider={provider} />
      </Td>
      <Td className="text-soft @max-4xl:order-2 @max-4xl:grow @max-4xl:basis-[calc(100%-9rem)] @4xl:text-right">
        <span className="text-muted @4xl:hidden">Priority: </span>
        {provider.priority}
      </Td>
      <Td className="@max-4xl:order-3 @max-4xl:flex-1 @max-4xl:basis-28 @4xl:min-w-40">
        <VerdictCell verdict={verdict} testing={testing} />
      </Td>
      <Td className="@max-4xl:order-3 @4xl:w-px">
        <RowActions {...{ name, onEdit, onDelete }}>
          <Button
            size="small"
            icon={<Zap size={14} aria-hidden="true" />}
            aria-label={`Test ${name}`}
            busy={testing}
            unavailable={waits}
            onClick={() => void testProvider(provider)}
          >
            Test
          </Button>
        </RowActions>
      </Td>
    </tr>
  );
}

function Name({ provider: { id, name, description, enabled }, active }: Pick<Props, 'provider' | 'active'>) {
  return (
    <>
      <div className="flex flex-wrap items-center gap-x-2 gap-y-0.5">
        <span className="font-medium wrap-anywhere">{name}</span>
        {active && <Tag tone={enabled ? 'accent' : 'move'}>Active</Tag>}
      </div>
      <div className="text-xs text-muted">
        <span className="font-mono break-all">{id}</span>
        {description && <span className="wrap-anywhere"> · {description}</span>}
      </div>
    </>
  );
}

/** Whether it has one; Qwen's is not the provider's but the proxy's. */
function Key({ provider }: Pick<Props, 'provider'>) {
  const lacksKey = useLacksKey(provider);
  if (provider.hasApiKey) return 'Set';
  if (provider.type !== 'qwen') return <span className="text-muted">Not set</span>;
  return (
    <Link href="/settings" className={`hover:underline ${lacksKey ? 'text-muted' : ''}`}>
      {lacksKey ? 'Not set' : 'In Settings'}
    </Link>
  );
}

/** Whether it sends the Qwen proxy's key and there is none. */
function useLacksKey({ hasApiKey, type }: Provider): boolean {
  const hasCredentials = useLive((state) => state.credentials.hasCredentials);
  return type === 'qwen' && !hasApiKey && !hasCredentials;
}

/** Shows what was clicked until the server has answered. */
function EnabledSwitch({ provider, waits }: Pick<Props, 'provider' | 'waits'>) {
  const [wanted, setWanted] = useState<boolean | null>(null);
  const { id, name, enabled } = provider;
  const change = async (on: boolean) => {
    setWanted(on);
    try {
      await enableProvider(id, on);
    } catch (thrown) {
      toast('error', `Could not ${on ? 'enable' : 'disable'} ${name}: ${asFailure(thrown).message}`);
    }
    setWanted(null);
  };
  return (
    <Switch
      label={`${name} is enabled`}
      checked={wanted ?? enabled}
      unavailable={waits}
      onChange={(on) => void change(on)}
    />
  );
}
