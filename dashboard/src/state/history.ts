// What happened lately, for the state bars: the journal's newest events, then the live ones.
import { create } from 'zustand';
import { call } from '@/api/client.ts';
import type { State } from '@/api/types.ts';
import type { Live } from './live.ts';
import { live } from './store.ts';
import { readEvent } from './wire.ts';

/** A state from `time` on, until the next one. */
export type Past = { time: number; seq: number; state: State; message: string };

type Recent = {
  /** Oldest first, by process. */
  readonly past: Readonly<Record<string, readonly Past[]>>;
  /** From when on nothing is missing; null until the journal has been read. */
  readonly knownSince: number | null;
};

/** How many events are asked for: enough for an hour of most machines, and one answer. */
const LIMIT = 1_000;

/** How many are kept of one process. */
const KEPT = 600;

const empty: Recent = { past: {}, knownSince: null };

export const useRecent = create<Recent>(() => empty);

/** Reads the journal at each new connection, and adds what comes live. */
export function keepHistory(): () => void {
  return live.subscribe((state, before) => {
    if (state.connection === 'live' && before.connection !== 'live') void readJournal(state);
    else if (state.epoch === before.epoch) addNews(state, before);
  });
}

async function readJournal({ seq, epoch }: Live): Promise<void> {
  const after = Math.max(0, seq - LIMIT);
  const page = await call('get', '/api/history', { query: { after, limit: LIMIT } }).catch(() => null);
  const now = live.getState();
  if (!page || now.epoch !== epoch) return;
  const found: Record<string, Past[]> = {};
  let oldest: number | null = null;
  for (const raw of page.events) {
    const event = readEvent(raw);
    if (!event || typeof raw.timestamp !== 'number') continue;
    oldest ??= raw.timestamp;
    for (const { id, state, message } of event.processes) {
      found[id] ??= [];
      found[id].push({ time: raw.timestamp, seq: event.seq, state, message });
    }
  }
  useRecent.setState(({ past }) => ({ past: merged(found, past), knownSince: after === 0 ? 0 : oldest }), true);
}

function addNews(state: Live, before: Live): void {
  if (state.processes === before.processes) return;
  const found: Record<string, Past[]> = {};
  for (const id of state.ids) {
    const [was, is] = [before.processes[id], state.processes[id]];
    if (!is || was === is || (was && was.state === is.state && was.since === is.since)) continue;
    found[id] = [{ time: is.since, seq: state.heard[id] ?? state.seq, state: is.state, message: is.message }];
  }
  if (Object.keys(found).length > 0) useRecent.setState(({ past }) => ({ past: merged(past, found) }));
}

/** Two histories as one, each event once. What only `a` speaks of stays the same object. */
export function merged(a: Recent['past'], b: Recent['past']): Recent['past'] {
  const news = Object.entries(b).map(([id, past]) => [id, joined(a[id] ?? [], past)]);
  return { ...a, ...Object.fromEntries(news) };
}

function joined(a: readonly Past[], b: readonly Past[]): readonly Past[] {
  const [last, first] = [a.at(-1), b[0]];
  if (last && first && b.length === 1 && first.seq > last.seq) return [...a, first].slice(-KEPT);
  const bySeq = new Map([...a, ...b].map((past) => [past.seq, past]));
  return [...bySeq.values()].sort((x, y) => x.seq - y.seq).slice(-KEPT);
}
