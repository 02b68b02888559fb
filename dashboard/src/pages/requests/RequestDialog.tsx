import { ChevronDown, ChevronUp } from 'lucide-react';
import type { ReactNode } from 'react';
import { Link } from 'wouter';
import { Button } from '@/components/Button.tsx';
import { CopyButton } from '@/components/CopyButton.tsx';
import { Dialog } from '@/components/Dialog.tsx';
import { dateOf, millisOf } from '@/components/format.ts';
import type { RequestRow } from '@/state/requests/row.ts';
import { useLive } from '@/state/store.ts';
import { curlOf } from './curl.ts';
import { Elapsed } from './Elapsed.tsx';
import { OutcomeMark } from './OutcomeMark.tsx';
import type { Names } from './Row.tsx';
import { outcomeOf, rateOf } from './words.ts';

type Props = Names & {
  row: RequestRow;
  /** Goes to the newer one, -1, or to the older one, 1; null: there is none. */
  onStep: (by: -1 | 1) => (() => void) | null;
  onClose: () => void;
};

/** Everything of one request, with ways to what it belongs to. */
export function RequestDialog({ row, onStep, onClose, ...names }: Props) {
  const [newer, older] = [onStep(-1), onStep(1)];
  const actions = (
    <>
      <CurlButton row={row} />
      <span className="grow" />
      <Button
        icon={<ChevronUp size={15} aria-hidden="true" />}
        unavailable={newer ? null : 'It is the newest one'}
        onClick={() => newer?.()}
      >
        Newer
      </Button>
      <Button
        icon={<ChevronDown size={15} aria-hidden="true" />}
        unavailable={older ? null : 'It is the oldest one that is shown'}
        onClick={() => older?.()}
      >
        Older
      </Button>
    </>
  );
  return (
    <Dialog title={`Request ${row.id}`} onClose={onClose} actions={actions} wide reading>
      <Facts row={row} {...names} />
    </Dialog>
  );
}

function Facts({ row, providerOf, processOf }: Names & { row: RequestRow }) {
  const { model, provider, process, generation, firstTokenMs, promptTokens, completionTokens, error, client } = row;
  const page = `/processes/${encodeURIComponent(process)}`;
  const rate = rateOf(row);
  return (
    <dl className="divide-y divide-line">
      <Fact name="Outcome">
        <OutcomeMark row={row} />
        <p className="text-muted">{outcomeOf(row).means}</p>
        {error !== null && <p className="pt-1 break-words text-bad">{error}</p>}
      </Fact>
      <Fact name="Came">{dateOf(row.time)}</Fact>
      <Fact name="Took">
        <Elapsed row={row} />
        {firstTokenMs !== null && `, first token after ${millisOf(firstTokenMs)}`}
      </Fact>
      <Fact name="Call">
        <span className="font-mono text-xs break-all">{row.path ?? 'not known'}</span>
        {row.stream ? ', streamed' : ', not streamed'}
      </Fact>
      <Fact name="Model">
        {model === null ? 'none named' : <span className="font-mono text-xs break-all">{model}</span>}
      </Fact>
      <Fact name="Provider">
        {provider === null ? 'none was asked' : <Provider id={provider} name={providerOf(provider)} />}
      </Fact>
      <Fact name="Tokens">
        {promptTokens === null && completionTokens === null
          ? 'not told'
          : `${countOr(promptTokens)} in, ${countOr(completionTokens)} out${rate === null ? '' : `, ${rate} a second`}`}
      </Fact>
      <Fact name="Process">
        <TextLink href={page}>{processOf(process)}</TextLink>,{' '}
        <TextLink href={`${page}?tab=history&generation=${generation}`}>generation {generation}</TextLink>
      </Fact>
      <Fact name="Client">{client ?? 'did not say'}</Fact>
      <Fact name="Body">Not stored.</Fact>
    </dl>
  );
}

/** With the way to it, if it is there still. */
function Provider({ id, name }: { id: string; name: string }) {
  const isThere = useLive((state) => state.providers.items.some((provider) => provider.id === id));
  return isThere ? <TextLink href={`/providers?edit=${encodeURIComponent(id)}`}>{name}</TextLink> : name;
}

const countOr = (count: number | null) => count?.toLocaleString('en') ?? '–';

function Fact({ name, children }: { name: string; children: ReactNode }) {
  return (
    <div className="grid gap-x-4 py-2 first:pt-0 last:pb-0 sm:grid-cols-[8rem_minmax(0,1fr)]">
      <dt className="text-muted">{name}</dt>
      <dd className="min-w-0 break-words">{children}</dd>
    </div>
  );
}

const TextLink = ({ href, children }: { href: string; children: ReactNode }) => (
  <Link href={href} className="font-medium text-accent hover:underline">
    {children}
  </Link>
);

/** The same call once more, from a terminal. */
function CurlButton({ row }: { row: RequestRow }) {
  const port = useLive((state) => state.processes[row.process]?.port);
  if (port == null) return null;
  const base = `http://${window.location.hostname}:${port}`;
  return (
    <CopyButton
      text={curlOf(row, base)}
      what="as curl, with another body: this one is not stored"
      label="Copy as curl"
    />
  );
}
