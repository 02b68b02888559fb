// Reads one process's lines: each once, in order, and with a mark where some are missing.
import type { LogLine } from '@/api/types.ts';
import { type Entry, type Gap, nextKey } from './entry.ts';

export class Reader {
  /** The place of the first line that was read; null: none yet. */
  first: number | null = null;
  private seq = 0;
  private time = 0;
  private order = 0;
  /** Whether the server may have begun to count anew, as one with another data directory does. */
  private mayCountAnew = false;

  constructor(private readonly process: string) {}

  /** Another run of the server answers from now on. */
  serverRestarted(): void {
    this.mayCountAnew = true;
  }

  read(lines: readonly LogLine[]): Entry[] {
    return lines.flatMap((line) => this.readOne(line));
  }

  private readOne(line: LogLine): Entry[] {
    // A tail that comes again has older times too; a low number with a new time is another count.
    const anew = this.mayCountAnew && line.seq <= this.seq && line.time > this.time;
    if (line.seq <= this.seq && !anew) return [];
    const missed = this.first === null || anew ? 0 : line.seq - this.seq - 1;
    if (line.seq > this.seq || anew) this.mayCountAnew = false;
    this.seq = line.seq;
    this.time = line.time;
    // A clock that was set back must not turn the lines round.
    this.order = Math.max(this.order, line.time);
    this.first ??= this.order;
    const { process, order } = this;
    const { seq, time, stream, text } = line;
    const read: Entry = { kind: 'line', key: nextKey(), process, order, seq, time, stream, text, matches: null };
    return missed > 0 ? [this.gap(missed), read] : [read];
  }

  private gap(missed: number): Gap {
    const { process, order } = this;
    return { kind: 'gap', key: nextKey(), process, order, missed };
  }
}
