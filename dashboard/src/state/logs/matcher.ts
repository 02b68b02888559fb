// Asks a worker which lines match, a batch at a time, and ends it when an expression takes too long.
import type { Pattern } from './match.ts';
import type { Question, Reply } from './matcher.worker.ts';

/** How many lines are asked about at once. */
const BATCH = 500;

/** How long the worker may take for one batch. A sound expression takes a few ms. */
const PATIENCE_MS = 1_500;

/** How many lines may wait for their turn. */
const MOST_WAITING = 20_000;

export type WorkerLike = Pick<Worker, 'postMessage' | 'terminate' | 'onmessage' | 'onerror'>;

const spawnWorker = (): WorkerLike =>
  new Worker(new URL('./matcher.worker.ts', import.meta.url), { type: 'module', name: 'log search' });

export const TOO_SLOW = 'It takes too long on these lines. Make it simpler.';
const CANNOT_KEEP_UP = 'It takes longer than the lines take to come. Make it simpler, or choose fewer processes.';

type Task = { texts: string[]; answer: (reply: Reply) => void };

/** Searches for one pattern, until it is closed. Answers come in the order of the questions. */
export class Matcher {
  private worker: WorkerLike | null = null;
  private readonly queue: Task[] = [];
  private waiting = 0;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private closed = false;

  constructor(
    private readonly pattern: Pattern,
    private readonly onFailure: (why: string) => void,
    private readonly spawn: () => WorkerLike = spawnWorker,
  ) {}

  /** Answers for each text, in pieces, the last of which is told to be the last. */
  ask(texts: readonly string[], answer: (reply: Reply, at: number, last: boolean) => void): void {
    for (let at = 0; at < texts.length; at += BATCH) {
      const batch = texts.slice(at, at + BATCH);
      this.queue.push({ texts: batch, answer: (reply) => answer(reply, at, at + BATCH >= texts.length) });
      this.waiting += batch.length;
    }
    if (this.waiting > MOST_WAITING) this.fail(CANNOT_KEEP_UP);
    else if (this.timer === undefined) this.next();
  }

  close(): void {
    this.closed = true;
    clearTimeout(this.timer);
    this.worker?.terminate();
    this.worker = null;
    this.queue.length = 0;
  }

  private next(): void {
    const task = this.queue[0];
    if (!task || this.closed) return;
    this.worker ??= this.start();
    this.timer = setTimeout(() => this.fail(TOO_SLOW), PATIENCE_MS);
    this.worker.postMessage({ pattern: this.pattern, texts: task.texts } satisfies Question);
  }

  private start(): WorkerLike {
    const worker = this.spawn();
    worker.onmessage = ({ data }: MessageEvent<Reply>) => this.done(data);
    worker.onerror = () => this.fail('The search could not be started. Load the page again.');
    return worker;
  }

  private done(reply: Reply): void {
    clearTimeout(this.timer);
    this.timer = undefined;
    const task = this.queue.shift();
    if (!task || this.closed) return;
    this.waiting -= task.texts.length;
    task.answer(reply);
    this.next();
  }

  private fail(why: string): void {
    if (this.closed) return;
    this.close();
    this.onFailure(why);
  }
}
