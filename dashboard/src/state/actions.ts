// What people order. Each order is shown at once, and true again as soon as the server has said anything.
import { call } from '@/api/client.ts';
import { asFailure } from '@/api/failure.ts';
import type { Order } from './live.ts';
import { dispatch, live } from './store.ts';
import { toast } from './toasts.ts';
import { processesOf } from './wire.ts';

/** How long an order is shown that nothing was heard of. */
const PATIENCE_MS = 5_000;

let lastTicket = 0;

/** Orders one process. */
export async function order(id: string, want: Order): Promise<void> {
  const ticket = show([id], want);
  try {
    const process = await call('post', `/api/processes/{id}/${want}`, { params: { id } });
    dispatch({ kind: 'answered', ticket, processes: [process] });
  } catch (thrown) {
    dispatch({ kind: 'order-ended', ticket });
    const title = live.getState().processes[id]?.title ?? id;
    complain(`Could not ${want} ${title}`, thrown, () => void order(id, want));
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
    const status = await call('post', `/api/proxy/${want}`);
    dispatch({ kind: 'status', source: 'answer', status });
    dispatch({ kind: 'answered', ticket, processes: processesOf(status) });
  } catch (thrown) {
    dispatch({ kind: 'order-ended', ticket });
    complain(`Could not ${want} all processes`, thrown, () => void orderAll(want));
  }
}

function show(ids: readonly string[], want: Order): number {
  lastTicket += 1;
  const ticket = lastTicket;
  dispatch({ kind: 'ordered', ids, want, ticket });
  setTimeout(() => dispatch({ kind: 'order-ended', ticket }), PATIENCE_MS);
  return ticket;
}

function complain(what: string, thrown: unknown, retry: () => void): void {
  const failure = asFailure(thrown);
  // The page asks for the token by itself.
  if (failure.kind === 'unauthorized') return;
  toast('error', `${what}: ${failure.message}`, { label: 'Retry', run: retry });
}
