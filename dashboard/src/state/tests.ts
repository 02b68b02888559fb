// What providers answered when they were last asked for their models.
import { create } from 'zustand';
import { call } from '@/api/client.ts';
import { asFailure } from '@/api/failure.ts';
import type { Provider } from '@/api/types.ts';
import { announce } from './announce.ts';
import { modelCountOf } from './select.ts';

/** `at`: when it was known, in ms since the epoch. */
export type TestEnd = { at: number } & (
  | { kind: 'passed'; durationMs: number; models: readonly string[] }
  | { kind: 'failed'; durationMs: number | null; reason: string }
);

export type TestResult = { kind: 'running' } | TestEnd;

type Entry = {
  result: TestResult;
  /** Of which version of the provider it speaks. */
  version: number;
};

const useTests = create<Record<string, Entry>>(() => ({}));

/** What the provider answered, as it is configured now; undefined: it was not asked. */
export function useTest({ id, updatedAt }: Provider): TestResult | undefined {
  return useTests((tests) => (tests[id]?.version === updatedAt ? tests[id].result : undefined));
}

/** The models that a provider had when it was last asked. */
export function useTestedModels(id: string): readonly string[] {
  return useTests((tests) => (tests[id]?.result.kind === 'passed' ? tests[id].result.models : NONE));
}

const NONE: readonly string[] = [];

/** Asks a provider for its models; `quiet`: without a word to those who hear the page. */
export async function testProvider({ id, name, updatedAt }: Provider, quiet = false): Promise<void> {
  const keep = (result: TestResult) => useTests.setState({ [id]: { result, version: updatedAt } });
  keep({ kind: 'running' });
  const result = await ask(id);
  keep(result);
  if (!quiet) announce(`${name}: ${sentenceOf(result)}`);
}

async function ask(id: string): Promise<TestEnd> {
  try {
    const test = await call('post', '/api/providers/{id}/test', { params: { id } });
    const { success, durationMs, models, error } = test;
    if (success) return { kind: 'passed', at: Date.now(), durationMs, models };
    return { kind: 'failed', at: Date.now(), durationMs, reason: error ?? 'It did not say why.' };
  } catch (thrown) {
    return { kind: 'failed', at: Date.now(), durationMs: null, reason: asFailure(thrown).message };
  }
}

/** `12 ms, 3 models`. */
function sentenceOf(end: TestEnd): string {
  if (end.kind === 'failed') return end.reason;
  return `${end.durationMs} ms, ${modelCountOf(end.models.length)}`;
}
