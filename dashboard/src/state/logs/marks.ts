// Where generations began and ended, from what the server says of a process. Each mark is made once.
import type { Process } from '@/api/types.ts';
import { type Begin, type End, nextKey } from './entry.ts';

export type Mark = Begin | End;

/** How many marks of a process are kept until there is a place for them. */
const KEPT = 200;

export class Marks {
  private readonly made = new Set<string>();
  private waiting: Mark[] = [];

  /** Takes note of one process, as it is or as an event has it. */
  note(process: Process): void {
    const { id, generation, state, since } = process;
    if (generation === 0) return;
    if (state === 'starting') this.make(`begin ${generation}`, begin(id, this.afterEndAt(since), generation));
    else if (process.startedAt != null) this.make(`begin ${generation}`, begin(id, process.startedAt, generation));
    if (state === 'error' || state === 'stopped') this.make(`end ${since}`, end(process));
  }

  /** A restart ends one generation and begins the next in one breath: the begin has its place behind the end. */
  private afterEndAt(time: number): number {
    return this.made.has(`end ${time}`) ? time + 0.5 : time;
  }

  /**
   * Those that can be placed now. Before the oldest line that is known there may be others, so a mark needs an older
   * line, unless the process's whole output is known.
   */
  take(oldest: number | null, whole: boolean): Mark[] {
    const placed = (mark: Mark) => whole || (oldest !== null && mark.order >= oldest);
    const taken = this.waiting.filter(placed);
    if (taken.length > 0) this.waiting = this.waiting.filter((mark) => !placed(mark));
    return taken;
  }

  private make(name: string, mark: Mark): void {
    if (this.made.has(name)) return;
    this.made.add(name);
    this.waiting = [...this.waiting, mark].slice(-KEPT);
  }
}

function begin(process: string, order: number, generation: number): Begin {
  return { kind: 'begin', key: nextKey(), process, order, generation };
}

function end({ id, since, generation, message }: Process): End {
  return { kind: 'end', key: nextKey(), process: id, order: since, generation, message };
}
