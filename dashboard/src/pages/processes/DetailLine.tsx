import { ChevronDown } from 'lucide-react';
import { Button } from '@/components/Button.tsx';
import { useServerNow } from '@/state/clock.ts';
import { useConfig } from '@/state/configs.ts';
import type { View } from '@/state/select.ts';
import { useLive } from '@/state/store.ts';
import { detailOf, tellingLineOf, ticks } from './detail.ts';

/** How the last lines of output are shown and hidden, where they can be. */
export type Disclosure = { open: boolean; onOpen: (open: boolean) => void; panel: string };

/** Why the state is what it is; for a failed process the line that tells most, too. The line is there also while it is empty. */
export function DetailLine({ view, disclosure }: { view: View; disclosure?: Disclosure }) {
  const now = useServerNow(ticks(view));
  const text = detailOf(view, { now, waitsFor: useWaitsFor(view, now) });
  const failed = view.state === 'error';
  const last = failed ? tellingLineOf(view.process.output) : undefined;
  return (
    <div className="flex h-6 min-w-0 items-center gap-x-2.5 text-xs text-muted max-md:h-auto max-md:min-h-6 max-md:flex-wrap">
      {text && (
        <p className={last === undefined ? 'truncate' : 'md:shrink-0'} title={text}>
          {text}
        </p>
      )}
      {last !== undefined && (
        <code className="min-w-0 truncate font-mono text-soft max-md:order-last max-md:basis-full" title={last}>
          {last}
        </code>
      )}
      {last !== undefined && disclosure && <Discloser title={view.process.title} {...disclosure} />}
    </div>
  );
}

function Discloser({ title, open, onOpen, panel }: Disclosure & { title: string }) {
  const word = open ? 'Hide output' : 'Show output';
  return (
    <Button
      look="quiet"
      size="small"
      aria-label={`${word} of ${title}`}
      aria-expanded={open}
      aria-controls={open ? panel : undefined}
      className="h-6! gap-1 px-1.5 text-xs"
      onClick={() => onOpen(!open)}
    >
      {word}
      <ChevronDown size={13} aria-hidden="true" className={open ? 'rotate-180' : ''} />
    </Button>
  );
}

/** Every start is without a pid for a moment; only a longer one is a wait. */
const WAIT_MS = 1_000;

/** Titles of the processes that it is to be spawned after and that are still starting. */
function useWaitsFor({ process }: View, now: number): string[] {
  const waits = process.state === 'starting' && process.pid == null && now - process.since > WAIT_MS;
  const { config } = useConfig(process.id, waits);
  const processes = useLive((state) => (waits ? state.processes : null));
  if (!processes || !config) return [];
  return config.after.flatMap((id) => {
    const other = processes[id];
    return other?.state === 'starting' ? [other.title] : [];
  });
}
