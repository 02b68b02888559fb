// What people order. Each order is shown at once, and true again as soon as the server has said anything.
import { call } from '@/api/client.ts';
import { asFailure, Failure, unreachable } from '@/api/failure.ts';
import type { Order } from './live.ts';
import { dispatch, live } from './store.ts';
import { toast } from './toasts.ts';
import { inTurn } from './turns.ts';
import { processesOf, readProcess, readStatus } from './wire.ts';

/** How long an answer may take; an order that nothing was heard of is shown no longer. */
const PATIENCE_MS = 5_000;

const patience = () => AbortSignal.timeout(PATIENCE_MS);

let lastTicket = 0;

/** Orders one process. */
export async function order(id: string, want: Order): Promise<void> {
  const ticket = show([id], want);
  try {
    const path = `/api/processes/{id}/${want}` as const;
    const process = readProcess(await inTurn([id], () => call('post', path, { params: { id }, signal: patience() })));
    if (!process) throw misunderstood();
    dispatch({ kind: 'answered', ticket, processes: [process] });
    endLater(ticket);
  } catch (thrown) {
    const title = live.getState().processes[id]?.title ?? id;
    giveUp(ticket, `Could not ${want} ${title}`, thrown, () => void order(id, want));
  }
}

/** Orders several processes, each by itself. */
export function orderEach(ids: readonly string[], want: Order): void {
  for (const id of ids) void order(id, want);
}

/** Orders all processes at once; the server keeps to the order in which they depend on each other. */
export async function orderAll(want: 'start' | 'stop'): Promise<void> {
  const { ids } = live.getState();
  const ticket = show(ids, want);
  try {
    const status = readStatus(await inTurn(ids, () => call('post', `/api/proxy/${want}`, { signal: patience() })));
    if (!status) throw misunderstood();
    dispatch({ kind: 'status', source: 'answer', status });
    dispatch({ kind: 'answered', ticket, processes: processesOf(status) });
    endLater(ticket);
  } catch (thrown) {
    giveUp(ticket, `Could not ${want} all processes`, thrown, () => void orderAll(want));
  }
}

function show(ids: readonly string[], want: Order): number {
  lastTicket += 1;
  const ticket = lastTicket;
  dispatch({ kind: 'ordered', ids, want, ticket });
  return ticket;
}

/** The answer tells of a change whose event is on its way; should it never come, what the server said last is shown. */
function endLater(ticket: number): void {
  setTimeout(() => dispatch({ kind: 'order-ended', ticket }), PATIENCE_MS);
}

const misunderstood = () => new Failure('unreadable', 'The answer is not what this page expects. Is the server newer?');

/** The order is shown no longer, and why is said. */
function giveUp(ticket: number, what: string, thrown: unknown, retry: () => void): void {
  const waits = Object.values(live.getState().pending).some((order) => order.ticket === ticket);
  dispatch({ kind: 'order-ended', ticket });
  const late = thrown instanceof DOMException && thrown.name === 'TimeoutError';
  // An order that events have confirmed needs no answer any more.
  if (late && !waits) return;
  const failure = late ? unreachable() : asFailure(thrown);
  // The page asks for the token by itself.
  if (failure.kind === 'unauthorized') return;
  toast('error', `${what}: ${failure.message}`, { label: 'Retry', run: retry });
}
