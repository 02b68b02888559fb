// Gets the lines of some processes, over a connection of its own: when a flood is too much for it, it is this connection
// that the server cuts off, and not the one that the state of everything comes over.
//
// A process that floods is not followed line by line: nobody could read that, and the page could do nothing else. Its
// newest lines are read a few times a second instead, until it is calm; the numbers of the lines tell how many lie
// between two samples.
import { call } from '@/api/client.ts';
import { asFailure } from '@/api/failure.ts';
import type { LogLine } from '@/api/types.ts';
import { leave, newSocket, RETRY_MS } from '@/state/socket.ts';
import { Calm, Meter } from './flood.ts';

/** How often samples are read, and how many lines each. */
const SAMPLE_MS = 200;
const SAMPLE_LINES = 2_000;

/** How long after a failed one. */
const FAILED_MS = 1_000;

export type FeedState = {
  readonly connected: boolean;
  /** Lines a second, by process, of those that write more than can be read. */
  readonly flooding: Readonly<Record<string, number>>;
  /** What the server said to a subscription that it refused, by process. */
  readonly refused: Readonly<Record<string, string>>;
};

export const NO_FEED: FeedState = { connected: false, flooding: {}, refused: {} };

type Told = {
  onLines: (process: string, lines: readonly LogLine[]) => void;
  /** The lines from here on will come. `whole`: there are none before those that came already. */
  onJoined: (process: string, whole: boolean) => void;
  onState: (state: FeedState) => void;
};

type Followed = {
  readonly meter: Meter;
  /** Ends what is under way for it: the reading of its tail or of samples. */
  work: AbortController;
  /** `joining`: its tail is awaited, and what comes meanwhile waits for it in `early`. */
  mode: 'joining' | 'live' | 'sampled';
  early: LogLine[];
};

export class Feed {
  private readonly socket = newSocket();
  private readonly followed = new Map<string, Followed>();
  private state: FeedState = NO_FEED;
  private closed = false;

  /** `tail`: how many lines of before are wanted of each process. */
  constructor(
    private readonly tail: number,
    private readonly told: Told,
  ) {
    this.socket.on('connect', () => this.onConnected());
    this.socket.on('disconnect', (reason: string) => this.onLost(reason));
    this.socket.on('connect_error', () => this.socket.active || this.retry());
    this.socket.on('log:line', (line: LogLine & { process: string }) => this.onLine(line));
    this.socket.connect();
  }

  follow(processes: readonly string[]): void {
    for (const id of this.followed.keys()) if (!processes.includes(id)) this.leave(id);
    for (const id of processes) {
      if (this.followed.has(id)) continue;
      const followed: Followed = { meter: new Meter(), work: new AbortController(), mode: 'joining', early: [] };
      this.followed.set(id, followed);
      if (this.socket.connected) this.join(id, followed);
    }
  }

  close(): void {
    this.closed = true;
    for (const { work } of this.followed.values()) work.abort();
    this.socket.removeAllListeners();
    leave(this.socket);
  }

  private onConnected(): void {
    this.tell({ connected: true });
    for (const [id, followed] of this.followed) if (followed.mode !== 'sampled') this.join(id, followed);
  }

  private onLost(reason: string): void {
    this.tell({ connected: false });
    // The client comes back by itself from everything but a goodbye.
    if (reason === 'io server disconnect') this.retry();
  }

  private retry(): void {
    setTimeout(() => this.closed || this.socket.connect(), RETRY_MS);
  }

  /** Follows the lines that come, and then reads those before in one answer, which is cheaper than one by one. */
  private join(process: string, followed: Followed): void {
    const signal = begin(followed, 'joining');
    this.socket.emit('logs:subscribe', { process, tail: 0 }, (answer: Acknowledgement) => {
      if (signal.aborted) return;
      if (answer.ok) void this.readBefore(process, followed, signal);
      else this.refuse(process, answer.error?.message ?? 'The server refused.');
    });
  }

  private async readBefore(process: string, followed: Followed, signal: AbortSignal): Promise<void> {
    const lines = await this.read(process, this.tail, signal);
    if (signal.aborted) return;
    this.told.onLines(process, [...(lines ?? []), ...followed.early]);
    begin(followed, 'live');
    this.told.onJoined(process, lines !== null && lines.length < this.tail);
  }

  private leave(process: string): void {
    this.followed.get(process)?.work.abort();
    this.followed.delete(process);
    this.tell({ flooding: without(this.state.flooding, process), refused: without(this.state.refused, process) });
    if (this.socket.connected) this.socket.emit('logs:unsubscribe', { process }, () => {});
  }

  private onLine(line: LogLine & { process: string }): void {
    const followed = this.followed.get(line.process);
    if (!followed || followed.mode === 'sampled') return;
    if (followed.mode === 'joining') followed.early.push(line);
    else this.told.onLines(line.process, [line]);
    if (followed.meter.add(performance.now())) void this.sample(line.process, followed);
  }

  /** Reads samples until the flood is over. */
  private async sample(process: string, followed: Followed): Promise<void> {
    const signal = begin(followed, 'sampled');
    // A new connection, as the old one is full of lines that nobody waits for.
    this.socket.disconnect().connect();
    const calm = new Calm();
    while (!signal.aborted) {
      const lines = await this.read(process, SAMPLE_LINES, signal);
      if (signal.aborted) return;
      const newest = lines?.at(-1);
      if (lines) this.told.onLines(process, lines);
      if (lines && newest && calm.sample(newest.seq, lines.length, performance.now())) break;
      this.tellFlood(process, calm);
      await pause(lines ? SAMPLE_MS : FAILED_MS);
    }
    if (signal.aborted) return;
    this.tell({ flooding: without(this.state.flooding, process) });
    begin(followed, 'joining');
    if (this.socket.connected) this.join(process, followed);
  }

  private tellFlood(process: string, { missed, rate }: Calm): void {
    const others = without(this.state.flooding, process);
    if (missed) this.tell({ flooding: { ...others, [process]: rate } });
    else if (process in this.state.flooding) this.tell({ flooding: others });
  }

  /** The last lines; null where they could not be read, which is told. */
  private async read(id: string, tail: number, signal: AbortSignal): Promise<readonly LogLine[] | null> {
    try {
      const { lines } = await call('get', '/api/processes/{id}/logs', { params: { id }, query: { tail }, signal });
      if (id in this.state.refused) this.tell({ refused: without(this.state.refused, id) });
      return lines;
    } catch (thrown) {
      if (!signal.aborted) this.refuse(id, asFailure(thrown).message);
      return null;
    }
  }

  private refuse(process: string, why: string): void {
    if (this.followed.has(process)) this.tell({ refused: { ...this.state.refused, [process]: why } });
  }

  private tell(news: Partial<FeedState>): void {
    if (this.closed) return;
    this.state = { ...this.state, ...news };
    this.told.onState(this.state);
  }
}

type Acknowledgement = { ok: boolean; error?: { message?: string } };

/** Ends what was under way for it; the new work lasts until the next one begins. */
function begin(followed: Followed, mode: Followed['mode']): AbortSignal {
  followed.work.abort();
  followed.work = new AbortController();
  followed.mode = mode;
  followed.early = [];
  return followed.work.signal;
}

const pause = (ms: number) => new Promise((done) => setTimeout(done, ms));

function without<T>(record: Readonly<Record<string, T>>, key: string): Readonly<Record<string, T>> {
  return Object.fromEntries(Object.entries(record).filter(([other]) => other !== key));
}
