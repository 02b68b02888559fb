import type { ApiError } from './types.ts';

export type FailureKind =
  /** No or a wrong token. */
  | 'unauthorized'
  /** This page's origin or host may not call. */
  | 'forbidden'
  | 'not-found'
  /** A field is wrong; `param` names it. */
  | 'invalid'
  /** The server understood, and will not. */
  | 'refused'
  /** The server itself failed. */
  | 'server'
  /** Something answered, but not in the API's words. */
  | 'unreadable'
  /** Nothing answered. */
  | 'unreachable';

/** Why a call failed. Its `message` is for people, and says what to do where there is something to do. */
export class Failure extends Error {
  override readonly name = 'Failure';
  readonly kind: FailureKind;
  readonly status: number | null;
  readonly code: string | null;
  readonly param: string | null;

  constructor(kind: FailureKind, message: string, details: { status?: number; code?: string; param?: string } = {}) {
    super(message);
    this.kind = kind;
    this.status = details.status ?? null;
    this.code = details.code ?? null;
    this.param = details.param ?? null;
  }
}

/** What is thrown is a `Failure`, or else a defect of this page, which says what it knows. */
export function asFailure(thrown: unknown): Failure {
  if (thrown instanceof Failure) return thrown;
  return new Failure('unreadable', thrown instanceof Error ? thrown.message : String(thrown));
}

export const unreachable = () => new Failure('unreachable', 'The server does not answer.');

/** From an answer that is no success. */
export function failureOf(status: number, contentType: string, body: unknown): Failure {
  const error = errorOf(body);
  const kind = kindOf(status);
  if (!error) return new Failure(kind, wordsFor(status, contentType), { status });
  const details = { status, code: error.code, ...(error.param ? { param: error.param } : {}) };
  return new Failure(kind, error.message, details);
}

/** From a success whose body is not JSON: something else than Signalbox answers here. */
export function unreadable(status: number, contentType: string): Failure {
  return new Failure('unreadable', notJson(contentType), { status });
}

function kindOf(status: number): FailureKind {
  if (status === 401) return 'unauthorized';
  if (status === 403) return 'forbidden';
  if (status === 404) return 'not-found';
  if (status === 422) return 'invalid';
  return status >= 500 ? 'server' : 'refused';
}

function wordsFor(status: number, contentType: string): string {
  if (status === 401) return 'The server wants its token.';
  if (status === 403) return 'The server refuses calls from this page.';
  // A proxy in between says so when there is nothing behind it.
  if (status === 502 || status === 504) return 'The server does not answer.';
  if (status >= 500) return `The server failed (${status}).`;
  return contentType.includes('json') ? `The server refused (${status}).` : notJson(contentType);
}

function notJson(contentType: string): string {
  const what = contentType.split(';')[0] || 'something else';
  return `The answer is ${what} and not JSON. Does another server listen at this address?`;
}

function errorOf(body: unknown): ApiError | null {
  const error = (body as { error?: Partial<ApiError> } | null)?.error;
  return typeof error?.message === 'string' ? { type: '', code: '', ...error, message: error.message } : null;
}
