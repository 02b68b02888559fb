import type { ReactNode } from 'react';
import type { ProcessConfig } from '@/api/types.ts';
import { CopyButton } from '@/components/CopyButton.tsx';
import { useConfig } from '@/state/configs.ts';
import { useLive } from '@/state/store.ts';

/** The configuration in force. Values of the environment are never sent, only their names. */
export function ConfigTab({ id }: { id: string }) {
  const { config, failure } = useConfig(id);
  const processes = useLive((state) => state.processes);
  if (failure) return <p role="alert">{failure.message}</p>;
  if (!config) return null;
  const after = config.after.map((other) => processes[other]?.title ?? other).join(', ');
  return (
    <dl className="divide-y divide-line rounded-lg border border-line bg-surface">
      <Entry name="Command">
        <Code text={commandLineOf(config.command)} what="the command" />
      </Entry>
      <Entry name="Working directory">
        <Code text={config.cwd} what="the working directory" />
      </Entry>
      <Entry name="Port">{config.port ?? 'none'}</Entry>
      <Entry name="Starts">
        {config.autostart ? 'with the server' : 'when ordered'}
        {after && `, after ${after}`}
      </Entry>
      <Entry name="Ready when">{readyOf(config)}</Entry>
      <Entry name="Stop">
        {config.stop.signal}, then SIGKILL after {config.stop.timeout}
      </Entry>
      <Entry name="Restart">{restartOf(config)}</Entry>
      {config.liveness && (
        <Entry name="Liveness">
          {config.liveness.http} every {config.liveness.interval}, {config.liveness.failures} failures in a row end it
        </Entry>
      )}
      <Entry name="Environment">
        <Environment env={config.env} />
      </Entry>
    </dl>
  );
}

function Entry({ name, children }: { name: string; children: ReactNode }) {
  return (
    <div className="grid gap-x-4 px-4 py-2.5 md:grid-cols-[10rem_minmax(0,1fr)]">
      <dt className="text-muted">{name}</dt>
      <dd className="min-w-0 break-words">{children}</dd>
    </div>
  );
}

function Code({ text, what }: { text: string; what: string }) {
  return (
    <div className="flex items-start gap-2">
      <code className="my-auto min-w-0 font-mono text-xs leading-5 break-words">{text}</code>
      <CopyButton text={text} what={what} className="-my-1 pointer-coarse:-my-3" />
    </div>
  );
}

function Environment({ env }: { env: ProcessConfig['env'] }) {
  const names = Object.keys(env);
  if (names.length === 0) return <>nothing added to the server's own</>;
  return (
    <ul className="font-mono text-xs leading-5">
      {names.map((name) => (
        <li key={name}>
          {name}=<span className="text-muted">{env[name]}</span>
        </li>
      ))}
    </ul>
  );
}

function readyOf({ ready }: ProcessConfig): string {
  const conditions = [
    ...(ready.stdout == null ? [] : [`a line matches ${ready.stdout}`]),
    ...(ready.http == null ? [] : [`${ready.http} answers 2xx`]),
    ...(ready.tcp ? ['its port accepts'] : []),
  ];
  const all = conditions.length === 0 ? 'its program runs' : conditions.join(' and ');
  return `${all}, within ${ready.timeout}`;
}

function restartOf({ restart }: ProcessConfig): string {
  if (restart.policy === 'never') return 'never';
  const { policy, max, window, backoff, backoff_max } = restart;
  return `${policy}, at most ${max} times in ${window}, waiting ${backoff} to ${backoff_max}`;
}

/** As a shell would take it. */
export function commandLineOf(command: readonly string[]): string {
  return command.map((word) => (/^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`)).join(' ');
}
