import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Process, State } from '@/api/types.ts';
import { event, process, status } from './fixtures.ts';
import { apply, initial, type Live, type Message } from './live.ts';

const STATES: readonly State[] = ['stopped', 'starting', 'running', 'stopping', 'error'];

const snapshot =
  (source: 'fresh' | 'answer') =>
  (processes: readonly Process[], seq: number, epoch = 'e1'): Message => ({
    kind: 'status',
    source,
    status: status(processes, seq, epoch),
  });
const [fresh, answer] = [snapshot('fresh'), snapshot('answer')];
const update = (of: Process, seq: number, epoch = 'e1'): Message => ({ kind: 'update', event: event(of, seq, epoch) });
const folded = (...messages: Message[]): Live => messages.reduce(apply, initial);

/** A server: the states that its processes went through, one event each. */
const story = fc.array(fc.record({ id: fc.constantFrom('a', 'b', 'c'), state: fc.constantFrom(...STATES) }), {
  minLength: 1,
  maxLength: 30,
});

type Step = { id: string; state: State };

/** The processes after the first `count` events; `since` tells the events apart. */
function worldAfter(steps: readonly Step[], count: number): Process[] {
  const world = new Map(['a', 'b', 'c'].map((id) => [id, process(id, 'stopped', { since: 0 })]));
  steps.slice(0, count).forEach(({ id, state }, at) => {
    world.set(id, process(id, state, { since: at + 1 }));
  });
  return [...world.values()];
}

const eventsOf = (steps: readonly Step[]) =>
  steps.map(({ id, state }, at) => update(process(id, state, { since: at + 1 }), at + 1));

describe('a later status', () => {
  it('that the events have told already changes nothing but the catalog', () => {
    const state = folded(fresh([process('a', 'stopped')], 3), update(process('a', 'starting'), 4));
    const later = apply(state, { kind: 'status', source: 'socket', status: status([process('a', 'starting')], 4) });
    expect(later.processes).toBe(state.processes);
    expect(later.heard).toBe(state.heard);
  });

  it('fills what the events left out', () => {
    const state = folded(fresh([process('a', 'stopped')], 3), update(process('a', 'starting'), 5));
    const whole = status([process('a', 'running')], 5);
    const later = apply(state, { kind: 'status', source: 'socket', status: whole });
    expect(later).toMatchObject({ missing: null, processes: { a: { state: 'running' } } });
  });
});

describe('the pid of a process that starts', () => {
  const known = folded(fresh([process('a', 'stopped')], 3), update(process('a', 'starting', { since: 5 }), 4));
  const spawned = (rest: Partial<Process>, epoch = 'e1') =>
    apply(known, {
      kind: 'spawned',
      epoch,
      process: process('a', 'starting', { since: 5, pid: 7, startedAt: 6, ...rest }),
    });

  it('is taken from an answer about the same start, and nothing else is', () => {
    expect(spawned({ message: 'other' }).processes.a).toEqual({ ...known.processes.a, pid: 7, startedAt: 6 });
  });

  it('is not taken from one about another state, another start or another run', () => {
    expect(spawned({ state: 'running' })).toBe(known);
    expect(spawned({ since: 9 })).toBe(known);
    expect(spawned({ generation: 2 })).toBe(known);
    expect(spawned({}, 'e2')).toBe(known);
  });
});

describe('what a process says of itself', () => {
  const said = (detail: string | null, rest = {}): Message => ({
    kind: 'detail',
    update: { process: 'a', generation: 1, detail, timestamp: 1, seq: 4, epoch: 'e1', ...rest },
  });
  const stopping = folded(fresh([process('a', 'running')], 3), update(process('a', 'stopping'), 4));
  const check = (message: Message, expected: string | undefined) =>
    expect(apply(stopping, message).processes.a?.detail).toBe(expected);

  it('is shown beside its state', () => {
    check(said('2 left'), '2 left');
    check(said('2 left', { seq: 9 }), '2 left');
  });

  it('is dropped if it is of another time, run, start or process', () => {
    check(said('old', { seq: 3 }), undefined);
    check(said('old', { epoch: 'e0' }), undefined);
    check(said('old', { generation: 2 }), undefined);
    expect(apply(stopping, said('?', { process: 'b' }))).toBe(stopping);
  });

  it('is gone with the state, and with a status that has none', () => {
    const state = apply(stopping, said('1 left'));
    expect(apply(state, update(process('a', 'stopped'), 5)).processes.a?.detail).toBeUndefined();
    expect(apply(state, fresh([process('a', 'stopping')], 4)).processes.a?.detail).toBeUndefined();
  });
});

describe('events', () => {
  it('in order lead to what the server has', () => {
    fc.assert(
      fc.property(story, (steps) => {
        const state = folded(fresh(worldAfter(steps, 0), 0), ...eventsOf(steps));
        expect(Object.values(state.processes)).toEqual(worldAfter(steps, steps.length));
        expect(state.missing).toBeNull();
      }),
    );
  });

  it('that are shuffled, repeated and lost never take a process back, and a snapshot makes it whole', () => {
    const muddle = story.chain((steps) => {
      const numbers = steps.map((_step, at) => at);
      const received = fc.array(fc.constantFrom(...numbers), { maxLength: 60 });
      return fc.tuple(fc.constant(steps), received, fc.nat(steps.length));
    });
    fc.assert(
      fc.property(muddle, ([steps, received, snapshotAt]) => {
        const events = eventsOf(steps);
        let state = folded(fresh(worldAfter(steps, 0), 0));
        for (const at of received) {
          const next = apply(state, events[at] as Message);
          for (const id of next.ids) {
            expect(next.processes[id]?.since).toBeGreaterThanOrEqual(state.processes[id]?.since ?? 0);
          }
          state = next;
        }
        state = apply(state, answer(worldAfter(steps, snapshotAt), snapshotAt));
        const newest = Math.max(snapshotAt, ...received.map((at) => at + 1));
        expect(state.seq).toBe(newest);
        if (!state.missing) expect(Object.values(state.processes)).toEqual(worldAfter(steps, newest));
        const whole = apply(state, answer(worldAfter(steps, steps.length), steps.length));
        expect(whole.missing).toBeNull();
        expect(Object.values(whole.processes)).toEqual(worldAfter(steps, steps.length));
      }),
    );
  });

  it('without a gap are never said to be missing, with one always', () => {
    fc.assert(
      fc.property(story, fc.nat(), (steps, nth) => {
        const lost = nth % steps.length;
        const state = folded(fresh(worldAfter(steps, 0), 0), ...eventsOf(steps).filter((_event, at) => at !== lost));
        expect(state.missing !== null).toBe(lost < steps.length - 1);
      }),
    );
  });

  it('leave the port that they do not name', () => {
    const state = folded(fresh([process('a', 'running')], 1), update(process('a', 'stopping'), 2));
    expect(state.processes.a?.port).toBe(3001);
  });

  it('of another epoch ask for its snapshot and change nothing else', () => {
    const state = folded(fresh([process('a', 'running')], 9), update(process('a', 'stopped'), 10, 'e2'));
    expect(state.processes.a?.state).toBe('running');
    expect(state.missing).toEqual({ epoch: 'e2', seq: 10 });
    const next = apply(state, answer([process('a', 'stopped')], 10, 'e2'));
    expect([next.epoch, next.seq, next.processes.a?.state, next.missing]).toEqual(['e2', 10, 'stopped', null]);
  });

  it('of a process that was not named are taken and said', () => {
    const state = folded(fresh([process('a')], 1), update(process('late', 'running'), 2));
    expect(state.ids).toEqual(['a', 'late']);
    expect(state.oddity).toContain('The late');
  });

  it('of an unknown state are survived and said', () => {
    const paused = process('a', 'paused' as State, { message: 'Paused' });
    const state = folded(fresh([process('a')], 1), update(paused, 2));
    expect(state.processes.a?.message).toBe('Paused');
    expect(state.oddity).toContain('“paused”');
  });

  it.each([null, 7, 'x', {}, { seq: 2, epoch: 'e1' }, { a: { id: 'a' }, seq: 2, epoch: 'e1' }, { a: process('a') }])(
    'that cannot be read change no process: %j',
    (raw) => {
      const before = folded(fresh([process('a')], 1));
      const state = apply(before, { kind: 'update', event: raw });
      expect(state.processes).toBe(before.processes);
      expect(state.oddity).not.toBeNull();
    },
  );
});

describe('snapshots', () => {
  it('of a new connection replace all, with the same epoch or another', () => {
    const before = folded(fresh([process('a', 'running'), process('b')], 5));
    for (const epoch of ['e1', 'e2']) {
      const state = apply(before, fresh([process('c', 'error')], 3, epoch));
      expect([state.ids, state.seq, state.epoch, state.connection]).toEqual([['c'], 3, epoch, 'live']);
    }
  });

  it('that are late answers of a former epoch change nothing', () => {
    const before = folded(fresh([process('a', 'running')], 5, 'e2'));
    expect(apply(before, answer([process('a', 'stopped')], 99, 'e1'))).toBe(before);
  });

  it('that are older than the last event change nothing unless something is missing', () => {
    const before = folded(fresh([process('a')], 1), update(process('a', 'starting', { since: 2 }), 2));
    expect(apply(before, answer([process('a')], 1))).toBe(before);
  });
});

describe('an order', () => {
  const running = folded(fresh([process('a', 'running'), process('b', 'stopped')], 1));
  const stop: Message = { kind: 'ordered', ids: ['a'], want: 'stop', ticket: 1 };

  it('is shown until the first event of its process', () => {
    const ordered = apply(running, stop);
    expect(ordered.pending.a?.shows).toBe('stopping');
    const other = apply(ordered, update(process('b', 'starting', { since: 2 }), 2));
    expect(other.pending.a?.shows).toBe('stopping');
    expect(apply(other, update(process('a', 'stopping', { since: 3 }), 3)).pending).toEqual({});
  });

  it('that changed nothing is over with its answer', () => {
    const ordered = apply(running, stop);
    const answered = apply(ordered, { kind: 'answered', ticket: 1, processes: [process('a', 'running')] });
    expect(answered.pending).toEqual({});
  });

  it('whose answer tells of a change waits for the event of that change', () => {
    const moved = process('a', 'stopping', { since: 2_000 });
    const answered = apply(apply(running, stop), { kind: 'answered', ticket: 1, processes: [moved] });
    expect(answered.pending.a?.shows).toBe('stopping');
  });

  it('is taken over by the next one, whose end the former one cannot bring', () => {
    const again = apply(apply(running, stop), { kind: 'ordered', ids: ['a'], want: 'restart', ticket: 2 });
    expect(apply(again, { kind: 'order-ended', ticket: 1 }).pending.a?.ticket).toBe(2);
    expect(apply(again, { kind: 'order-ended', ticket: 2 }).pending).toEqual({});
  });

  it('does not outlive the connection', () => {
    expect(apply(apply(running, stop), { kind: 'connection', connection: 'reconnecting' }).pending).toEqual({});
  });

  it('shows nothing where the server will change nothing at once', () => {
    const stopping = folded(fresh([process('a', 'stopping')], 1));
    const start = apply(stopping, { kind: 'ordered', ids: ['a'], want: 'start', ticket: 1 });
    expect(start.pending.a?.shows).toBeNull();
  });
});
