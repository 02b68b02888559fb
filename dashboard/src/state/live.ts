// What this page knows, and how each message changes it. Pure: the store below, the socket and the clock are elsewhere.
//
// The server numbers its lifecycle events. One with a number that is not higher than the last one's is old news and
// changes nothing; one that skips a number says that something is missing, and so does one of another epoch: `missing`
// then says which snapshot is needed, and stays until one has come. A snapshot replaces what it includes, and no more:
// an event that is newer than a late snapshot keeps its word.
import type { Credentials, DetailUpdate, Model, Process, Provider, Settings, State } from '@/api/types.ts';
import { processesOf, readEvent, readStatus } from './wire.ts';

export type Connection =
  /** For the first time. */
  | 'connecting'
  | 'live'
  | 'reconnecting'
  /** The server wants a token. */
  | 'token';

export type Order = 'start' | 'stop' | 'restart';

/** What a click ordered and the server has not confirmed yet. */
export type Pending = {
  readonly ticket: number;
  readonly want: Order;
  /** What is shown in the meantime; null: what the server says. */
  readonly shows: 'starting' | 'stopping' | null;
  /** The process as it was known at the click. */
  readonly before: Process;
};

export type Catalog = {
  readonly providers: { readonly items: readonly Provider[]; readonly total: number; readonly enabled: number };
  readonly models: { readonly items: readonly Model[]; readonly total: number };
  readonly credentials: Credentials;
  /** Null until they have been read. */
  readonly settings: Settings | null;
};

export type Live = {
  readonly connection: Connection;
  /** Why the last token was not taken. */
  readonly tokenError: string | null;
  readonly epoch: string | null;
  readonly seq: number;
  /** In the order of the configuration. */
  readonly ids: readonly string[];
  readonly processes: Readonly<Record<string, Process>>;
  /** The newest `seq` that each process was heard of with. */
  readonly heard: Readonly<Record<string, number>>;
  readonly missing: { readonly epoch: string; readonly seq: number } | null;
  readonly pending: Readonly<Record<string, Pending>>;
  /** Whose message the status bar shows; null until it has been read. */
  readonly primary: string | null;
  /** By how many ms the server's clock is ahead of this one. */
  readonly clockAhead: number;
  /** The last thing the server said that this page did not understand. */
  readonly oddity: string | null;
} & Catalog;

export type Message =
  /** `fresh`: the first one of a connection. `socket`: a later one. `answer`: of a call, which may be late. */
  | { kind: 'status'; source: 'fresh' | 'socket' | 'answer'; status: unknown; clockAhead?: number }
  | { kind: 'update'; event: unknown }
  | { kind: 'detail'; update: DetailUpdate }
  /** What a call says of a process that was without a pid when it began to start. */
  | { kind: 'spawned'; epoch: string; process: Process }
  | { kind: 'providers'; items: readonly Provider[]; total: number; enabled: number }
  | { kind: 'models'; items: readonly Model[]; total: number }
  | { kind: 'credentials'; credentials: Credentials }
  /** An event that has not the shape that this page lives by. */
  | { kind: 'unreadable'; event: string }
  | { kind: 'settings'; settings: Settings }
  | { kind: 'primary'; epoch: string; id: string }
  | { kind: 'connection'; connection: Exclude<Connection, 'live'>; tokenError?: string }
  | { kind: 'ordered'; ids: readonly string[]; want: Order; ticket: number }
  | { kind: 'answered'; ticket: number; processes: readonly Process[] }
  | { kind: 'order-ended'; ticket: number };

export const initial: Live = {
  connection: 'connecting',
  tokenError: null,
  epoch: null,
  seq: 0,
  ids: [],
  processes: {},
  heard: {},
  missing: null,
  pending: {},
  primary: null,
  clockAhead: 0,
  oddity: null,
  providers: { items: [], total: 0, enabled: 0 },
  models: { items: [], total: 0 },
  credentials: { valid: false, hasCredentials: false, isExpired: false, expiresAt: null },
  settings: null,
};

export function apply(state: Live, message: Message): Live {
  switch (message.kind) {
    case 'status':
      return applyStatus(state, message);
    case 'update':
      return applyUpdate(state, message.event);
    case 'detail':
      return applyDetail(state, message.update);
    case 'spawned':
      return applySpawned(state, message);
    case 'providers': {
      const { items, total, enabled } = message;
      return { ...state, providers: { items, total, enabled } };
    }
    case 'models':
      return { ...state, models: { items: message.items, total: message.total } };
    case 'credentials':
      return { ...state, credentials: message.credentials };
    case 'unreadable':
      return { ...state, oddity: `The server sent ${message.event}, which this page cannot read.` };
    case 'settings':
      return { ...state, settings: message.settings };
    case 'primary':
      return message.epoch === state.epoch ? { ...state, primary: message.id } : state;
    case 'connection':
      return { ...state, connection: message.connection, tokenError: message.tokenError ?? null, pending: {} };
    case 'ordered':
      return applyOrder(state, message);
    case 'answered':
      return applyAnswer(state, message);
    case 'order-ended':
      return { ...state, pending: filtered(state.pending, (_id, order) => order.ticket !== message.ticket) };
  }
}

// ---- snapshots

type StatusMessage = Extract<Message, { kind: 'status' }>;

function applyStatus(state: Live, message: StatusMessage): Live {
  const status = readStatus(message.status);
  if (!status) return { ...state, oddity: 'The server sent a status that this page cannot read.' };
  const fresh = message.source === 'fresh';
  const clockAhead = message.clockAhead ?? state.clockAhead;
  if (status.epoch !== state.epoch) {
    const wanted = state.epoch === null || status.epoch === state.missing?.epoch;
    if (message.source === 'answer' && !wanted) return state;
    return { ...replaced(state, status), clockAhead, primary: null, settings: null, connection: online(state, fresh) };
  }
  // The events have told all of it already, and seq says that none is missing.
  const told = message.source === 'socket' && status.seq === state.seq && !state.missing;
  if (told) return { ...state, ...catalogOf(state, status), clockAhead };
  if (status.seq >= state.seq || fresh) {
    return { ...replaced(state, status), clockAhead, connection: online(state, fresh) };
  }
  const known = state.missing ? filled(state, status) : state;
  return message.source === 'answer' ? known : { ...known, ...catalogOf(state, status) };
}

type ReadStatus = NonNullable<ReturnType<typeof readStatus>>;

function replaced(state: Live, status: ReadStatus): Live {
  const same = status.epoch === state.epoch;
  const list = processesOf(status).map((now) => processOr(state.processes[now.id], now));
  const processes = Object.fromEntries(list.map((process) => [process.id, process]));
  const missing = same && state.missing && state.missing.seq - 1 > status.seq ? state.missing : null;
  return {
    ...state,
    ...catalogOf(state, status),
    epoch: status.epoch,
    seq: status.seq,
    ids: list.map((process) => process.id),
    processes,
    heard: Object.fromEntries(list.map((process) => [process.id, status.seq])),
    missing,
    pending: filtered(state.pending, (id, order) => same && !moved(order.before, processes[id])),
  };
}

/** A snapshot older than the last event fills what was missed before it, and contradicts nothing that is newer. */
function filled(state: Live, status: ReadStatus): Live {
  const news = processesOf(status).filter((process) => (state.heard[process.id] ?? -1) <= status.seq);
  const processes = { ...state.processes, ...Object.fromEntries(news.map((process) => [process.id, process])) };
  const heard = { ...state.heard, ...Object.fromEntries(news.map((process) => [process.id, status.seq])) };
  const ids = [...new Set([...state.ids, ...news.map((process) => process.id)])];
  const enough = state.missing !== null && status.seq >= state.missing.seq - 1;
  const pending = filtered(state.pending, (id, order) => !moved(order.before, processes[id]));
  return { ...state, ids, processes, heard, pending, missing: enough ? null : state.missing };
}

/** Each status brings the catalog, though it seldom changes: what is equal stays the same object. */
function catalogOf(state: Live, status: ReadStatus): Omit<Catalog, 'settings'> {
  return {
    providers: equalOr(state.providers, status.providers),
    models: equalOr(state.models, status.models),
    credentials: equalOr(state.credentials, status.credentials),
  };
}

const equalOr = <T>(before: T, now: T): T => (isEqual(before, now) ? before : now);

/** A status brings all processes, of which few have changed. Nobody looks at `uptime`: it is counted from `readyAt`. */
function processOr(before: Process | undefined, now: Process): Process {
  // What a process says of itself is left out where it says nothing.
  const keys = [...Object.keys(now), 'detail'] as (keyof Process)[];
  return before && keys.every((key) => key === 'uptime' || isEqual(before[key], now[key])) ? before : now;
}

function isEqual(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  return typeof a === 'object' && typeof b === 'object' && JSON.stringify(a) === JSON.stringify(b);
}

const online = (state: Live, fresh: boolean): Connection => (fresh ? 'live' : state.connection);

// ---- events

function applyUpdate(state: Live, raw: unknown): Live {
  const event = readEvent(raw);
  if (!event) return { ...state, oddity: 'The server sent an event that this page cannot read.' };
  if (event.epoch !== state.epoch) return { ...state, missing: { epoch: event.epoch, seq: event.seq } };
  if (event.seq <= state.seq) return state;
  const gap = event.seq > state.seq + 1;
  const next = gap ? { ...state, missing: { epoch: event.epoch, seq: event.seq } } : state;
  return event.processes.reduce((known, process) => heardOf(known, process, event.seq), { ...next, seq: event.seq });
}

function heardOf(state: Live, news: Process, seq: number): Live {
  const known = state.processes[news.id];
  // Events leave the port out where nothing serves on it; it is still the configured one.
  const process = { ...news, port: news.port ?? known?.port ?? null };
  return {
    ...state,
    ids: known ? state.ids : [...state.ids, news.id],
    processes: { ...state.processes, [news.id]: process },
    heard: { ...state.heard, [news.id]: seq },
    pending: filtered(state.pending, (id) => id !== news.id),
    oddity: oddityOf(news, known) ?? state.oddity,
  };
}

/** It has no number of its own, but says which event it follows: before that one is told, the process was another. */
function applyDetail(state: Live, { process: id, generation, detail, seq, epoch }: DetailUpdate): Live {
  const process = state.processes[id];
  const isStale = epoch !== state.epoch || process?.generation !== generation || seq < (state.heard[id] ?? 0);
  if (!process || isStale) return state;
  return { ...state, processes: { ...state.processes, [id]: { ...process, detail: detail ?? null } } };
}

/** It has no number, and is believed of the very state that is known, and only in what comes after its event. */
function applySpawned(state: Live, { epoch, process: news }: Extract<Message, { kind: 'spawned' }>): Live {
  const known = state.processes[news.id];
  if (epoch !== state.epoch || !known || known.pid != null || moved(known, news)) return state;
  const { pid = null, startedAt = null } = news;
  return { ...state, processes: { ...state.processes, [known.id]: { ...known, pid, startedAt } } };
}

function oddityOf(news: Process, known: Process | undefined): string | null {
  if (!isKnownState(news.state)) {
    return `This page does not know the state “${news.state}” of ${news.title}. Reload it: the server may be newer.`;
  }
  return known ? null : `The server speaks of ${news.title}, which it had not named before.`;
}

const STATES: Record<State, true> = { stopped: true, starting: true, running: true, stopping: true, error: true };

export const isKnownState = (state: string): state is State => Object.hasOwn(STATES, state);

// ---- orders

type OrderMessage = Extract<Message, { kind: 'ordered' }>;

function applyOrder(state: Live, { ids, want, ticket }: OrderMessage): Live {
  const ordered = ids.flatMap((id): [string, Pending][] => {
    const before = state.processes[id];
    return before ? [[id, { ticket, want, before, shows: shownFor(before.state, want) }]] : [];
  });
  return { ...state, pending: { ...state.pending, ...Object.fromEntries(ordered) } };
}

/** What an order makes of a state before the server has said so. Where it changes nothing at once, nothing. */
const SHOWN: Record<State, Record<Order, Pending['shows']>> = {
  stopped: { start: 'starting', stop: null, restart: 'starting' },
  error: { start: 'starting', stop: 'stopping', restart: 'starting' },
  starting: { start: null, stop: 'stopping', restart: 'stopping' },
  running: { start: null, stop: 'stopping', restart: 'stopping' },
  // It starts when the stop is complete, and says so then.
  stopping: { start: null, stop: null, restart: null },
};

function shownFor(state: string, want: Order): Pending['shows'] {
  return isKnownState(state) ? SHOWN[state][want] : null;
}

/** The answer has no number. Where it tells of a change, the event of that change is on its way and will say so. */
function applyAnswer(state: Live, { ticket, processes }: Extract<Message, { kind: 'answered' }>): Live {
  const answered = new Map(processes.map((process) => [process.id, process]));
  const unchanged = (id: string, order: Pending) => answered.has(id) && !moved(order.before, answered.get(id));
  return {
    ...state,
    pending: filtered(state.pending, (id, order) => order.ticket !== ticket || !unchanged(id, order)),
  };
}

function moved(before: Process, now: Process | undefined): boolean {
  return before.state !== now?.state || before.since !== now.since || before.generation !== now.generation;
}

function filtered(pending: Live['pending'], keep: (id: string, order: Pending) => boolean): Live['pending'] {
  const entries = Object.entries(pending);
  const kept = entries.filter(([id, order]) => keep(id, order));
  return kept.length === entries.length ? pending : Object.fromEntries(kept);
}
