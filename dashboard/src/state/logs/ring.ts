// The newest entries, in order, and never more than fits.
import { compare, type Entry, type Rows } from './entry.ts';

/** How many entries are kept. */
export const MOST_ENTRIES = 10_000;

/** How much text they may have together, in characters: a few long lines weigh as much as many short ones. */
export const MOST_CHARACTERS = 8_000_000;

/** The place in front is given back in steps of this. */
const SLACK = 4_096;

export class Ring implements Rows {
  private items: Entry[] = [];
  private head = 0;
  private characters = 0;

  constructor(
    private readonly mostEntries = MOST_ENTRIES,
    private readonly mostCharacters = MOST_CHARACTERS,
  ) {}

  get length(): number {
    return this.items.length - this.head;
  }

  at(index: number): Entry | undefined {
    return this.items[this.head + index];
  }

  toArray(): Entry[] {
    return this.items.slice(this.head);
  }

  /** Puts each where it belongs. Most belong at the end; the tail of another process, or a mark, does not. */
  add(batch: readonly Entry[]): void {
    const sorted = isSorted(batch) ? batch : [...batch].sort(compare);
    const first = sorted[0];
    if (!first) return;
    const later = this.items.splice(this.placeFor(first));
    for (const entry of later) this.characters -= charactersOf(entry);
    for (const entry of later.length > 0 ? merge(later, sorted) : sorted) this.push(entry);
    this.trim();
  }

  clear(): void {
    this.items = [];
    this.head = 0;
    this.characters = 0;
  }

  /** Lets go of what is not wanted. */
  keep(wanted: (entry: Entry) => boolean): void {
    const kept = this.toArray().filter(wanted);
    this.clear();
    this.add(kept);
  }

  /** Behind all that do not come after it. */
  private placeFor(entry: Entry): number {
    let place = this.items.length;
    for (; place > this.head; place -= 1) {
      const before = this.items[place - 1];
      if (!before || compare(before, entry) <= 0) break;
    }
    return place;
  }

  private push(entry: Entry): void {
    const before = this.length > 0 ? this.items.at(-1) : undefined;
    if (entry.kind === 'gap' && before?.kind === 'gap' && before.process === entry.process) {
      // Nothing stands between them: they are one.
      this.items[this.items.length - 1] = { ...before, missed: before.missed + entry.missed };
      return;
    }
    this.items.push(entry);
    this.characters += charactersOf(entry);
  }

  private trim(): void {
    while (this.length > this.mostEntries || (this.characters > this.mostCharacters && this.length > 1)) {
      const oldest = this.items[this.head];
      if (oldest) this.characters -= charactersOf(oldest);
      this.head += 1;
    }
    if (this.head < SLACK) return;
    this.items = this.items.slice(this.head);
    this.head = 0;
  }
}

const charactersOf = (entry: Entry) => (entry.kind === 'line' ? entry.text.length : 0);

function isSorted(entries: readonly Entry[]): boolean {
  return entries.every((entry, at) => {
    const before = entries[at - 1];
    return !before || compare(before, entry) <= 0;
  });
}

/** Both are sorted; of equal ones, those of `a` go first. */
function merge(a: readonly Entry[], b: readonly Entry[]): Entry[] {
  const merged: Entry[] = [];
  let [inA, inB] = [0, 0];
  for (;;) {
    const [left, right] = [a[inA], b[inB]];
    if (!left || !right) return [...merged, ...a.slice(inA), ...b.slice(inB)];
    const leftFirst = compare(left, right) <= 0;
    merged.push(leftFirst ? left : right);
    if (leftFirst) inA += 1;
    else inB += 1;
  }
}
