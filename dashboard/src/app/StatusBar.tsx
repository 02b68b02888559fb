import { Box, KeyRound, Plug, Route, Server } from 'lucide-react';
import { type ReactNode, useMemo } from 'react';
import { Link } from 'wouter';
import { Spinner } from '@/components/Spinner.tsx';
import { StateMark } from '@/components/StateMark.tsx';
import type { Connection } from '@/state/live.ts';
import {
  activeModelOf,
  activeProviderOf,
  type CredentialsWord,
  credentialsWordOf,
  lifecycleLineOf,
  primaryIdOf,
} from '@/state/select.ts';
import { useLive } from '@/state/store.ts';
import { useViews } from '@/state/views.ts';

/** On every page: the connection and the configuration on the left, the lifecycle message on the right. */
export function StatusBar() {
  const known = useLive((state) => state.epoch !== null);
  return (
    <section
      aria-label="Status"
      className="row-start-2 flex h-14 md:col-span-2 items-stretch justify-between border-t border-line bg-surface text-xs text-soft max-md:flex-col-reverse md:h-7 md:items-center"
    >
      <div className="flex h-7 min-w-0 grow items-center overflow-hidden md:pl-1">
        <ConnectionPart />
        {known && <CatalogParts />}
      </div>
      <LifecyclePart />
    </section>
  );
}

type PartProps = {
  icon?: ReactNode;
  label: string;
  /** The page where it can be changed. */
  href?: string;
  className?: string;
  children: ReactNode;
};

function Part({ icon, label, href, className = '', children }: PartProps) {
  const look = `flex h-full shrink-0 items-center gap-1.5 px-2 whitespace-nowrap ${className}`;
  const content = (
    <>
      {icon && (
        <span aria-hidden="true" className="text-muted">
          {icon}
        </span>
      )}
      <span className="sr-only">{label}: </span>
      {children}
    </>
  );
  if (href === undefined) {
    return (
      <span title={label} className={look}>
        {content}
      </span>
    );
  }
  return (
    <Link href={href} title={label} className={`${look} outline-offset-[-2px] hover:bg-hover hover:text-text`}>
      {content}
    </Link>
  );
}

const CONNECTION: Record<Connection, { word: string; dot: string }> = {
  connecting: { word: 'Connecting...', dot: 'bg-idle-fill' },
  live: { word: 'Live', dot: 'bg-good-fill' },
  reconnecting: { word: 'Reconnecting...', dot: 'bg-bad-fill' },
  token: { word: 'Token needed', dot: 'bg-move-fill' },
};

function ConnectionPart() {
  const { word, dot } = CONNECTION[useLive((state) => state.connection)];
  return (
    <Part label="Connection" icon={<span className={`block size-2 rounded-full ${dot}`} />}>
      <span data-connection>{word}</span>
    </Part>
  );
}

const CREDENTIALS: Record<CredentialsWord, string> = {
  Authenticated: '',
  Expired: 'text-move',
  Rejected: 'text-bad',
  'No credentials': '',
};

function CatalogParts() {
  const credentials = credentialsWordOf(useLive((state) => state.credentials));
  const providers = useLive((state) => state.providers);
  const models = useLive((state) => state.models);
  const settings = useLive((state) => state.settings);
  const active = [activeProviderOf({ settings, providers }), activeModelOf({ settings, models })].filter(
    (name) => name !== null,
  );
  return (
    <>
      <Part icon={<Server size={12} />} label="Environment">
        {window.location.host}
      </Part>
      <Part icon={<KeyRound size={12} />} label="Credentials" href="/settings" className={CREDENTIALS[credentials]}>
        {credentials}
      </Part>
      <Part icon={<Plug size={12} />} label="Enabled providers" href="/providers" className="max-sm:hidden">
        {providers.enabled}/{providers.total} providers
      </Part>
      <Part icon={<Box size={12} />} label="Models" href="/models" className="max-sm:hidden">
        {models.total} {models.total === 1 ? 'model' : 'models'}
      </Part>
      {/* Last, as it comes last: what it is called is fetched, all else is in the first message. */}
      {active.length > 0 && (
        <Part icon={<Route size={12} />} label="Active provider and model" href="/settings" className="max-lg:hidden">
          {active.join(' / ')}
        </Part>
      )}
    </>
  );
}

function LifecyclePart() {
  const views = useViews();
  const primary = useLive(primaryIdOf);
  const live = useLive((state) => state.connection === 'live');
  const line = useMemo(() => lifecycleLineOf(views, primary), [views, primary]);
  const moving = line?.state === 'starting' || line?.state === 'stopping';
  const failed = line?.state === 'error';
  return (
    // Transitions are announced once, by the live region: this part must not say them again.
    <p
      role="status"
      aria-live="off"
      className={`flex h-7 min-w-0 shrink-0 items-center gap-1.5 border-line px-3 font-medium max-md:border-b md:w-[min(24rem,45%)] md:border-l ${failed && live ? 'bg-bad-soft text-bad' : ''} ${live ? '' : 'last-known text-muted'}`}
    >
      {line && (moving ? <Spinner size={12} className="text-move" /> : <StateMark state={line.state} />)}
      <span className="truncate" title={line?.text}>
        {line?.text}
      </span>
    </p>
  );
}
