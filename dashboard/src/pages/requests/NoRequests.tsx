import { ArrowLeftRight } from 'lucide-react';
import { Link } from 'wouter';
import { CopyButton } from '@/components/CopyButton.tsx';
import { EmptyState } from '@/components/EmptyState.tsx';
import { baseUrlOf, ROUTER } from '@/state/router.ts';
import { activeModelOf } from '@/state/select.ts';
import { useLive } from '@/state/store.ts';
import { chatLineOf } from './curl.ts';

/** None yet: how to send one. */
export function NoRequests() {
  const base = useLive((state) => baseUrlOf(state.processes[ROUTER]));
  const settings = useLive((state) => state.settings);
  const models = useLive((state) => state.models);
  const line = base === null ? null : chatLineOf(base, activeModelOf({ settings, models }) ?? 'qwen-plus');
  return (
    <EmptyState icon={<ArrowLeftRight size={24} />} title="No requests yet">
      <p>
        What goes through the router or the Qwen proxy is listed here as it goes. Send one in{' '}
        <Link href="/chat" className="font-medium text-accent hover:underline">
          Chat
        </Link>
        {line !== null && ', or from a terminal:'}
      </p>
      {line !== null && (
        <div className="mt-3 flex items-start gap-2 rounded-lg border border-line bg-sunken py-1.5 pr-1.5 pl-4 text-left">
          <pre className="min-w-0 grow py-1 font-mono text-xs leading-5 whitespace-pre-wrap wrap-anywhere text-text">
            {line}
          </pre>
          <CopyButton text={line} what="the curl line" />
        </div>
      )}
    </EmptyState>
  );
}
