// What is said of a request. Pure.
import { millisOf } from '@/components/format.ts';
import type { Kind, RequestRow } from '@/state/requests/row.ts';

type Outcome = { word: string; means: string };

/** By the names on the wire. */
export const OUTCOMES: Readonly<Record<string, Outcome>> = {
  complete: { word: 'Complete', means: 'The client got the whole answer.' },
  upstream_error: { word: 'Provider error', means: 'The provider answered with an error of its own.' },
  upstream_cut: { word: 'Cut off', means: 'The provider could not be reached, or broke off.' },
  first_byte_timeout: { word: 'No answer', means: 'The provider did not begin to answer in time.' },
  idle_timeout: { word: 'Fell silent', means: 'The provider was silent for too long within its answer.' },
  refused: { word: 'Refused', means: 'The proxy refused it: no provider saw it.' },
  client_gone: { word: 'Client left', means: 'The client went away before the end.' },
  drained: { word: 'Drained', means: 'The process was told to end, and the request did not finish in time.' },
  crashed: { word: 'Crashed', means: 'The process died with the request in flight.' },
};

export const IN_FLIGHT: Outcome = { word: 'In flight', means: 'It has not ended yet.' };

export function outcomeOf({ outcome }: Pick<RequestRow, 'outcome'>): Outcome {
  if (outcome === null) return IN_FLIGHT;
  return OUTCOMES[outcome] ?? { word: outcome.replaceAll('_', ' '), means: 'This page does not know this outcome.' };
}

export const TONES: Record<Kind, string> = {
  flight: 'text-move',
  complete: 'text-good',
  left: 'text-soft',
  failed: 'text-bad',
};

/** All that can be searched for in it. */
export function searchTextOf(row: RequestRow): string {
  const { id, process, model, provider, client, path, error, status } = row;
  return [id, process, model, provider, client, path, error, status, outcomeOf(row).word].join(' ');
}

/** `1,204 → 512`; what is not known is a dash. */
export function tokensOf({ promptTokens, completionTokens }: RequestRow): string {
  if (promptTokens === null && completionTokens === null) return '–';
  return `${countOr(promptTokens)} → ${countOr(completionTokens)}`;
}

const countOr = (count: number | null) => count?.toLocaleString('en') ?? '–';

export const millisOr = (ms: number | null) => (ms === null ? '–' : millisOf(ms));

/** The request in one sentence, for who hears the list. */
export function sentenceOf(row: RequestRow): string {
  const { status, model, provider, totalMs } = row;
  const parts = [
    outcomeOf(row).word,
    status === null ? '' : `status ${status}`,
    model ?? 'no model',
    provider === null ? '' : `from ${provider}`,
    totalMs === null ? '' : `in ${millisOf(totalMs)}`,
  ];
  return parts.filter(Boolean).join(', ');
}

/** Tokens written a second, where there are enough of them to say. */
export function rateOf({ completionTokens, firstTokenMs, totalMs }: RequestRow): number | null {
  if (completionTokens === null || firstTokenMs === null || totalMs === null) return null;
  const writingMs = totalMs - firstTokenMs;
  return completionTokens >= 10 && writingMs >= 100 ? Math.round(completionTokens / (writingMs / 1_000)) : null;
}
