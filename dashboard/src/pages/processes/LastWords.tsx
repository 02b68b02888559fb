import { Link } from 'wouter';
import type { Process } from '@/api/types.ts';

/** All that the server sent of what a failed process wrote last, with a way to the rest. */
export function LastWords({ process, id }: { process: Process; id: string }) {
  const lines = process.output ?? [];
  return (
    <div id={id} className="fade-in mt-2 rounded-md border border-line bg-sunken p-3">
      <pre className="font-mono text-xs leading-5 whitespace-pre-wrap break-words">
        {lines.map((line) => line.text).join('\n') || 'It wrote nothing.'}
      </pre>
      <Link
        href={`/processes/${encodeURIComponent(process.id)}`}
        className="mt-2 inline-block text-xs font-medium text-accent hover:underline"
      >
        All output of {process.title}
      </Link>
    </div>
  );
}
