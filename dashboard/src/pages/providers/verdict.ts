// What is said of how a provider is: what the router sees and what the last test found, each thing once. Pure.
import { durationOf, millisOf } from '@/components/format.ts';
import type { Seen } from '@/state/health.ts';
import { modelCountOf } from '@/state/select.ts';
import type { TestEnd, TestResult } from '@/state/tests.ts';

export type Verdict = {
  /** What the router says (see `Health`); without it `passed`, `failed` or `untested`; `keyless`: there is no key to reject. */
  status: string;
  /** What else there is to it, in a few words each. */
  notes: readonly string[];
  /** Why it is not well, by whoever asked it last; null: it is well, or nobody knows. */
  reason: string | null;
};

export function verdictOf(health: Seen | undefined, test: TestResult | undefined): Verdict {
  const end = test === undefined || test.kind === 'running' ? undefined : test;
  if (!health) return verdictOfTest(end);
  if (!end || isOutdated(end, health)) return { status: health.status, notes: notesOf(health), reason: health.error };
  // The router has not asked it yet, but we have.
  if (health.status === 'unknown') return verdictOfTest(end);
  return {
    status: health.status,
    notes: [...notesOf(health), agree(end, health) ? tookOf(end) : sentenceOf(end)].filter(Boolean),
    reason: end.kind === 'failed' && (end.at >= health.since || health.error === null) ? end.reason : health.error,
  };
}

/** A provider that was given no key does not reject any. */
export const keyless = (verdict: Verdict): Verdict =>
  verdict.status === 'rejected' ? { ...verdict, status: 'keyless' } : verdict;

function verdictOfTest(end: TestEnd | undefined): Verdict {
  if (!end) return { status: 'untested', notes: [], reason: null };
  const { kind } = end;
  if (kind === 'failed') return { status: kind, notes: [tookOf(end)].filter(Boolean), reason: end.reason };
  return { status: kind, notes: [modelCountOf(end.models.length), tookOf(end)], reason: null };
}

/** How many models it has, or when it is asked again. */
function notesOf({ models, retryInMs }: Seen): string[] {
  if (retryInMs !== null && retryInMs > 0) return [`next try in ${durationOf(Math.ceil(retryInMs / 1_000))}`];
  return models === null ? [] : [modelCountOf(models)];
}

const BAD: ReadonlySet<string> = new Set(['error', 'failing', 'cooling_down', 'rejected']);

/** Whether both say that it works, or both that it does not. */
const agree = ({ kind }: TestEnd, { status }: Seen) => (kind === 'passed' ? status === 'ok' : BAD.has(status));

/** Whether the router has seen the contrary since. */
const isOutdated = (end: TestEnd, health: Seen) =>
  end.at < health.since && (end.kind === 'passed' ? BAD.has(health.status) : health.status === 'ok');

const tookOf = ({ durationMs }: TestEnd) => (durationMs === null ? '' : millisOf(durationMs));

const sentenceOf = (end: TestEnd) => [`test ${end.kind}`, tookOf(end)].filter(Boolean).join(', ');
