import type { ReactNode } from 'react';
import { bytesOf, durationOf, shareOf } from '@/components/format.ts';
import { useServerNow } from '@/state/clock.ts';
import type { View } from '@/state/select.ts';
import { useUsage } from '@/state/usage.ts';

/**
 * Port, uptime, pid, restarts, usage: each in a place of its own, so that none moves another, and with its number in one
 * text, so that a longer number moves no word. Port and uptime take the room of the title above them, so that the rest
 * begins below the badge.
 */
export function Facts({ view }: { view: View }) {
  const { process } = view;
  const { port, pid, restarts, generation } = process;
  return (
    <dl className="@container flex flex-wrap text-xs leading-5 text-soft">
      <Fact name="Port" width="w-[8ch] md:w-18">
        {port != null && <PortLink port={port} open={process.running} />}
      </Fact>
      <Fact name="Uptime" width="w-[15ch] md:w-30">
        <Uptime view={view} />
      </Fact>
      <Fact name="Process id" width="w-[13ch] max-md:hidden">
        {pid != null && <span className="text-muted">pid {pid}</span>}
      </Fact>
      <Fact name="Restarts" width="w-[11ch] md:w-[13ch]">
        {generation > 0 && (
          <span className={restarts > 0 ? 'text-move' : 'text-muted'}>
            {`${restarts} ${restarts === 1 ? 'restart' : 'restarts'}`}
          </span>
        )}
      </Fact>
      <Usage id={process.id} runs={pid != null} />
    </dl>
  );
}

function Fact({ name, width, children }: { name: string; width: string; children: ReactNode }) {
  return (
    <div className={`h-5 shrink-0 overflow-hidden whitespace-nowrap ${width}`}>
      <dt className="sr-only">{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}

function PortLink({ port, open }: { port: number; open: boolean }) {
  if (!open) return <span className="text-muted">:{port}</span>;
  const href = `${window.location.protocol}//${window.location.hostname}:${port}/`;
  return (
    <a href={href} target="_blank" rel="noreferrer" className="font-medium text-accent hover:underline">
      :{port}
    </a>
  );
}

function Uptime({ view }: { view: View }) {
  const { readyAt, running } = view.process;
  const now = useServerNow(running);
  if (!running || readyAt == null) return null;
  return <>up {durationOf((now - readyAt) / 1_000)}</>;
}

/**
 * Texts rather than numbers are followed: most of them stay as they are when all numbers come anew. Whether there is room
 * is a matter of the width alone: a process that runs has no more lines than one that is stopped.
 */
function Usage({ id, runs }: { id: string; runs: boolean }) {
  const cpu = useUsage(id, (usage) => shareOf(usage.cpu));
  const memory = useUsage(id, (usage) => bytesOf(usage.memory));
  return (
    <>
      <Fact name="Share of one core" width="w-[11ch] @max-[36rem]:hidden">
        {runs && cpu && <span className="text-muted">{`${cpu} CPU`}</span>}
      </Fact>
      <Fact name="Memory" width="w-[9ch] @max-[36rem]:hidden">
        {runs && memory && <span className="text-muted">{memory}</span>}
      </Fact>
    </>
  );
}
