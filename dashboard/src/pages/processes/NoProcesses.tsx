import { CopyButton } from '@/components/CopyButton.tsx';
import { EmptyState } from '@/components/EmptyState.tsx';

const EXAMPLE = `[process.myServer]
command = ["python3", "-m", "http.server", "{port}"]
port = 4000
autostart = true`;

export function NoProcesses() {
  return (
    <EmptyState title="No processes yet. Add one to signalbox.toml.">
      <p>For instance, then start the server again:</p>
      <div className="mt-3 flex items-start gap-2 rounded-md border border-line bg-sunken p-3 pr-1.5 text-left">
        <pre className="grow overflow-x-auto font-mono text-xs leading-5 text-text">{EXAMPLE}</pre>
        <CopyButton text={EXAMPLE} what="the example" />
      </div>
    </EmptyState>
  );
}
