import { Link } from 'wouter';
import { useAddress } from '@/components/useAddress.ts';
import { readAddress, writeAddress } from '@/pages/logs/address.ts';
import { OutputPanel } from '@/pages/logs/OutputPanel.tsx';
import type { View } from '@/state/select.ts';

/** The process's output as the page of logs shows it. */
export function OutputTab({ view }: { view: View }) {
  const [address, change] = useAddress(readAddress, writeAddress);
  const { id } = view.process;
  return (
    <>
      <OutputPanel
        address={{ ...address, processes: [id] }}
        change={change}
        chosen={[view]}
        className="mt-1 h-[26rem] max-h-[60dvh]"
      />
      <p className="pt-2 text-xs text-muted">
        <Link href={`/logs?p=${encodeURIComponent(id)}`} className="font-medium text-accent hover:underline">
          Open in Logs
        </Link>
        , beside that of other processes.
      </p>
    </>
  );
}
