import { readToken } from '@/api/token.ts';
import type { Process } from '@/api/types.ts';
import { CopyButton } from '@/components/CopyButton.tsx';
import { PROXIES } from '@/state/router.ts';
import { activeModelOf } from '@/state/select.ts';
import { useLive } from '@/state/store.ts';

/** Lines for a terminal that talk to the process, and to the server about it. */
export function TryTab({ process }: { process: Process }) {
  const settings = useLive((state) => state.settings);
  const models = useLive((state) => state.models);
  const model = activeModelOf({ settings, models }) ?? models.items[0]?.name ?? 'qwen-plus';
  return (
    <ul className="flex flex-col gap-3">
      {linesFor(process, model).map(({ title, line }) => (
        <li key={title}>
          <p className="pb-1 text-xs font-medium text-muted">{title}</p>
          <div className="flex items-start gap-2 rounded-lg border border-line bg-sunken py-1.5 pr-1.5 pl-4">
            <pre className="my-auto min-w-0 grow py-1 font-mono text-xs leading-5 whitespace-pre-wrap break-words">
              {line}
            </pre>
            <CopyButton text={line} what={`the line: ${title}`} />
          </div>
        </li>
      ))}
    </ul>
  );
}

type Line = { title: string; line: string };

export function linesFor({ id, port }: Process, model: string): Line[] {
  const { protocol, hostname, origin } = window.location;
  // By the name of the variable that the client commands read it from, too: the token itself is shown nowhere.
  const token = readToken() === null ? '' : '-H "Authorization: Bearer $SIGNALBOX_TOKEN" ';
  const state = { title: 'Its state', line: `curl ${token}${origin}/api/processes/${encodeURIComponent(id)}` };
  if (port == null) return [state];
  const base = `${protocol}//${hostname}:${port}`;
  // Of others nothing is known but their port.
  if (!PROXIES.has(id)) return [{ title: 'A request', line: `curl -i ${base}/` }, state];
  const body = JSON.stringify({ model, messages: [{ role: 'user', content: 'Hello' }], stream: true });
  const chat = `curl -N ${base}/v1/chat/completions \\\n  -H 'content-type: application/json' \\\n  -d '${body}'`;
  return [
    { title: 'Health', line: `curl ${base}/health` },
    { title: 'Models', line: `curl ${base}/v1/models` },
    { title: 'Chat, streamed', line: chat },
  ];
}
