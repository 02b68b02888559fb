import { type ReactNode, useEffect, useState } from 'react';
import { call } from '@/api/client.ts';
import { readToken } from '@/api/token.ts';
import { Button } from '@/components/Button.tsx';
import { CopyButton } from '@/components/CopyButton.tsx';
import { baseUrlOf, ROUTER } from '@/state/router.ts';
import { forgetToken } from '@/state/socket.ts';
import { useLive } from '@/state/store.ts';
import { Section } from './Section.tsx';

export function ServerSection() {
  const router = useLive((state) => state.processes[ROUTER]);
  const version = useVersion();
  const base = baseUrlOf(router);
  return (
    <Section title="Server" note="Where it answers, and who it answers.">
      <dl className="divide-y divide-line">
        <Entry name="Version">{version ?? ' '}</Entry>
        <Entry name="Address">
          <Copyable text={window.location.origin} what="the server's address" />
        </Entry>
        {base && (
          <Entry name="Base URL for clients">
            <Copyable text={base} what="the base URL" />
          </Entry>
        )}
        {readToken() === null && (
          <Entry name="Interface">
            <DocumentLink href="/api/docs">Description</DocumentLink>
            {' · '}
            <DocumentLink href="/api/openapi.json">OpenAPI document</DocumentLink>
          </Entry>
        )}
        <Entry name="Token">
          <Token />
        </Entry>
      </dl>
    </Section>
  );
}

function Entry({ name, children }: { name: string; children: ReactNode }) {
  return (
    <div className="grid items-center gap-x-4 py-2 first:pt-0 last:pb-0 sm:min-h-11 sm:grid-cols-[10rem_minmax(0,1fr)]">
      <dt className="text-muted">{name}</dt>
      <dd className="min-w-0 break-words">{children}</dd>
    </div>
  );
}

/** A link carries no token, so that where one is wanted it would only be refused. */
function DocumentLink({ href, children }: { href: string; children: ReactNode }) {
  return (
    <a href={href} className="font-medium text-accent hover:underline">
      {children}
    </a>
  );
}

function Copyable({ text, what }: { text: string; what: string }) {
  return (
    <span className="flex items-center gap-1.5">
      <code className="min-w-0 font-mono text-xs break-all">{text}</code>
      <CopyButton text={text} what={what} />
    </span>
  );
}

/** Whoever sees this page has the right one, where one is wanted at all. */
function Token() {
  if (readToken() === null) return <>The server wants none from this machine.</>;
  return (
    <span className="flex flex-wrap items-center gap-x-3 gap-y-1">
      This tab keeps it until it is closed.
      <Button size="small" onClick={forgetToken}>
        Forget the token
      </Button>
    </span>
  );
}

/** Asked anew of each run of the server. */
function useVersion(): string | null {
  const epoch = useLive((state) => state.epoch);
  const [version, setVersion] = useState<string | null>(null);
  // biome-ignore lint/correctness/useExhaustiveDependencies: another run may be another version
  useEffect(() => {
    call('get', '/api/health').then(
      (health) => setVersion(health.version),
      () => {},
    );
  }, [epoch]);
  return version;
}
