import { Circle, CircleCheck, X } from 'lucide-react';
import { type ReactNode, useState } from 'react';
import { Link } from 'wouter';
import { Button } from '@/components/Button.tsx';
import { Card } from '@/components/Card.tsx';
import { CopyButton } from '@/components/CopyButton.tsx';
import { useLive } from '@/state/store.ts';

const KEY = 'signalbox.first-steps';

/** Three steps for who has just installed it. They stand under the processes and go when they are done or sent away. */
export function FirstSteps() {
  const [away, setAway] = useState(() => localStorage.getItem(KEY) === 'away');
  const router = useLive((state) => state.processes.providerRouter);
  const proxy = useLive((state) => state.processes.qwenProxy);
  const hasCredentials = useLive((state) => state.credentials.hasCredentials);
  if (away || !router || !proxy || (hasCredentials && router.running)) return null;
  const dismiss = () => {
    localStorage.setItem(KEY, 'away');
    setAway(true);
  };
  return (
    <Card className="mt-6 p-4">
      <div className="flex items-center justify-between pb-2">
        <h2 className="text-base font-semibold">First steps</h2>
        <Button look="quiet" size="small" icon={<X size={14} />} aria-label="Hide the first steps" onClick={dismiss} />
      </div>
      <ol className="flex flex-col gap-3">
        <Step done={hasCredentials} title="Add Qwen credentials">
          An API key of Model Studio, in{' '}
          <Link href="/settings" className="font-medium text-accent hover:underline">
            Settings
          </Link>
          . Other providers work without it.
        </Step>
        <Step done={router.running} title="Start">
          By <b className="font-medium text-text">Start all</b> above. {router.title} shows what became of it.
        </Step>
        <Step done={false} title="Try a request">
          In{' '}
          <Link href="/chat" className="font-medium text-accent hover:underline">
            Chat
          </Link>
          , or by a program of your own:
          <Curl port={router.port ?? 3001} />
        </Step>
      </ol>
    </Card>
  );
}

function Step({ done, title, children }: { done: boolean; title: string; children: ReactNode }) {
  const Icon = done ? CircleCheck : Circle;
  return (
    <li className="flex gap-2.5">
      <Icon size={16} aria-hidden="true" className={`mt-0.5 shrink-0 ${done ? 'text-good' : 'text-muted'}`} />
      <div className="min-w-0 grow">
        <p className="font-medium">
          {title}
          {done && <span className="sr-only"> (done)</span>}
        </p>
        <div className="text-muted">{children}</div>
      </div>
    </li>
  );
}

function Curl({ port }: { port: number }) {
  const line = `curl http://${window.location.hostname}:${port}/v1/models`;
  return (
    <div className="mt-1 flex items-center gap-2 rounded-md border border-line bg-sunken py-1 pr-1 pl-3">
      <code className="min-w-0 grow font-mono text-xs break-all text-text">{line}</code>
      <CopyButton text={line} what="the curl line" />
    </div>
  );
}
