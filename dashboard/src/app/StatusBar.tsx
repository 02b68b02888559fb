import { Box, KeyRound, Plug, Route, Server } from 'lucide-react';
import { type ReactNode, useMemo } from 'react';
import { Link } from 'wouter';
import { OneOf } from '@/components/OneOf.tsx';
import { Spinner } from '@/components/Spinner.tsx';
import { StateMark } from '@/components/StateMark.tsx';
import type { Connection } from '@/state/live.ts';
import {
  activeModelOf,
  activeProviderOf,
  type CredentialsWord,
  credentialsWordOf,
  isLastKnown,
  lifecycleLineOf,
  modelCountOf,
  primaryIdOf,
} from '@/state/select.ts';
import { useLive } from '@/state/store.ts';
import { useViews } from '@/state/views.ts';
import { Verified } from './Verified.tsx';

/**
 * On every page: the connection, the configuration, and the lifecycle message. In one line where it is wide; else the
 * message and the connection stand in a first one, and the configuration in one or two below it.
 */
export function StatusBar() {
  const known = useLive((state) => state.epoch !== null);
  return (
    <section
      aria-label="Status"
      className="row-start-2 flex h-19 flex-wrap content-start border-t border-line bg-surface text-xs text-soft md:col-span-2 md:h-14 xl:h-7 xl:flex-nowrap"
    >
      <ConnectionPart />
      <div className="order-last flex h-12 min-w-0 basis-full max-md:flex-col md:h-7 xl:order-none xl:shrink xl:grow xl:basis-0">
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

function Part({ icon, label, href, className = 'shrink-0', children }: PartProps) {
  const look = `flex h-full items-center gap-1.5 px-2 whitespace-nowrap max-md:px-3 ${className}`;
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

const CONNECTION_WORDS = Object.values(CONNECTION).map(({ word }) => word);

function ConnectionPart() {
  const { word, dot } = CONNECTION[useLive((state) => state.connection)];
  return (
    <div className="order-1 h-7 shrink-0 border-line max-xl:border-b max-xl:border-l xl:order-none xl:border-r">
      <Part label="Connection" icon={<span className={`block size-2 rounded-full ${dot}`} />} className="px-3">
        <Verified>
          <span data-connection>
            <OneOf word={word} words={CONNECTION_WORDS} />
          </span>
        </Verified>
      </Part>
    </div>
  );
}

const CREDENTIALS: Record<CredentialsWord, string> = {
  Authenticated: '',
  Expired: 'text-move',
  Rejected: 'text-bad',
  'No credentials': '',
};

const CREDENTIALS_WORDS = Object.keys(CREDENTIALS) as CredentialsWord[];

const LINE = 'flex h-6 min-w-0 items-stretch max-md:justify-between md:h-7';

function CatalogParts() {
  const providers = useLive((state) => state.providers);
  const models = useLive((state) => state.models);
  const credentials = credentialsWordOf(useLive((state) => state.credentials));
  return (
    <>
      <div className={`${LINE} md:shrink-0`}>
        <Part icon={<Server size={12} />} label="Environment" className="min-w-0">
          <span className="truncate">{window.location.host}</span>
        </Part>
        <Part icon={<Plug size={12} />} label="Enabled providers" href="/providers">
          <span>
            {providers.enabled}/{providers.total} providers
          </span>
        </Part>
        <Part icon={<Box size={12} />} label="Models" href="/models">
          <span>{modelCountOf(models.total)}</span>
        </Part>
      </div>
      <div className={LINE}>
        <Part
          icon={<KeyRound size={12} />}
          label="Credentials"
          href="/settings"
          className={`shrink-0 ${CREDENTIALS[credentials]}`}
        >
          <OneOf word={credentials} words={CREDENTIALS_WORDS} />
        </Part>
        <ActivePart />
      </div>
    </>
  );
}

/** Last, as it comes last: what it is called is fetched, all else is in the first message. */
function ActivePart() {
  const providers = useLive((state) => state.providers);
  const models = useLive((state) => state.models);
  const settings = useLive((state) => state.settings);
  const names = [activeProviderOf({ settings, providers }), activeModelOf({ settings, models })];
  const text = names.filter((name) => name !== null).join(' / ');
  const isDisabled = providers.items.some(({ id, enabled }) => id === settings?.active_provider && !enabled);
  if (text === '') return null;
  return (
    <Part icon={<Route size={12} />} label="Active provider and model" href="/settings" className="min-w-0">
      <span className="truncate" title={isDisabled ? `${text} (the provider is disabled)` : text}>
        {text}
      </span>
    </Part>
  );
}

function LifecyclePart() {
  const views = useViews();
  const primary = useLive(primaryIdOf);
  const live = !useLive(isLastKnown);
  const line = useMemo(() => lifecycleLineOf(views, primary), [views, primary]);
  const moving = line?.state === 'starting' || line?.state === 'stopping';
  const failed = line?.state === 'error';
  return (
    // Transitions are announced once, by the live region: this part must not say them again.
    <p
      role="status"
      aria-live="off"
      className={`flex h-7 min-w-0 grow basis-0 items-center gap-1.5 border-line px-3 font-medium max-xl:border-b xl:w-96 xl:shrink-0 xl:grow-0 xl:basis-auto xl:border-l ${failed && live ? 'bg-bad-soft text-bad' : ''} ${live ? '' : 'last-known text-muted'}`}
    >
      {line && (moving ? <Spinner size={12} className="text-move" /> : <StateMark state={line.state} />)}
      <span className={line?.detail ? 'shrink-0' : 'truncate'} title={line?.text}>
        {line?.text}
      </span>
      {line?.detail && (
        <span className="truncate font-normal text-muted" title={line.detail}>
          {line.detail}
        </span>
      )}
    </p>
  );
}
