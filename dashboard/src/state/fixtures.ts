// What tests are made of: processes, statuses and events as the server would send them.
import type { Process, State, Status } from '@/api/types.ts';

const MESSAGES: Record<State, string> = {
  stopped: 'Stopped',
  starting: 'Starting...',
  running: 'Running :3001',
  stopping: 'Stopping...',
  error: 'Process exited with code 1',
};

export function process(id: string, state: State = 'stopped', rest: Partial<Process> = {}): Process {
  const error = state === 'error' ? MESSAGES.error : null;
  const times = { since: 1_000, startedAt: null, readyAt: state === 'running' ? 1_000 : null };
  return {
    id,
    title: `The ${id}`,
    state,
    running: state === 'running',
    message: MESSAGES[state],
    error,
    port: 3001,
    pid: null,
    generation: 1,
    uptime: 0,
    ...times,
    restarts: 0,
    autostart: false,
    ...rest,
  };
}

export function status(processes: readonly Process[], seq: number, epoch = 'e1', rest: Partial<Status> = {}): Status {
  return {
    status: 'stopped',
    ...Object.fromEntries(processes.map((each) => [each.id, each])),
    providers: { items: [], total: 0, enabled: 0 },
    models: { items: [], total: 0 },
    credentials: { valid: false, hasCredentials: false, isExpired: false },
    message: 'Stopped',
    seq,
    epoch,
    ...rest,
  } as Status;
}

export function event(of: Process, seq: number, epoch = 'e1'): unknown {
  const port = of.state === 'stopping' || of.state === 'stopped' ? null : of.port;
  return { [of.id]: { ...of, port }, timestamp: of.since, seq, epoch };
}
