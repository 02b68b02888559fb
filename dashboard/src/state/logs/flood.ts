// When a process writes more lines than can be sent one by one. Pure.
//
// Above the upper rate its newest lines are read a few times a second instead; below the lower one, for a while, they are
// followed one by one again.

/** Lines a second above which samples are read: far more than a person can, and where one message a line begins to cost. */
const UPPER = 3_000;

/** Lines a second below which it is no flood any more. */
const LOWER = 1_500;

/** Over how long lines are counted. */
const WINDOW_MS = 500;

/** How long it must have been calm. */
const CALM_MS = 2_000;

/** Counts the lines of one process that is followed. */
export class Meter {
  private since = 0;
  private count = 0;

  /** True: it is a flood. */
  add(now: number): boolean {
    if (now - this.since > WINDOW_MS) {
      this.since = now;
      this.count = 0;
    }
    this.count += 1;
    return this.count > (UPPER * WINDOW_MS) / 1_000;
  }
}

/** Watches the samples of one process. */
export class Calm {
  /** Lines a second. */
  rate = 0;
  /** Whether there are lines between the last two samples. */
  missed = false;
  private last: { seq: number; at: number } | null = null;
  private since: number | null = null;

  /** True: it is calm again. `seq`: of the newest line of a sample of `count` lines. */
  sample(seq: number, count: number, now: number): boolean {
    const written = this.last ? Math.max(0, seq - this.last.seq) : 0;
    if (this.last) this.rate = (1_000 * written) / Math.max(1, now - this.last.at);
    this.missed = written > count;
    const calm = this.last !== null && this.rate < LOWER;
    this.last = { seq, at: now };
    this.since = calm ? (this.since ?? now) : null;
    return this.since !== null && now - this.since >= CALM_MS;
  }
}
