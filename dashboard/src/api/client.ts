// Calls of the HTTP API: typed by the generated paths, with the token, and with one kind of failure.
import { Failure, failureOf, unreachable, unreadable } from './failure.ts';
import type { paths } from './schema.ts';
import { readToken } from './token.ts';

export type Method = 'get' | 'post' | 'put' | 'delete';

export type RequestOptions = {
  /** Fills `{name}` in the path. */
  params?: Record<string, string>;
  /** What is undefined is left out. */
  query?: Record<string, string | number | undefined> | undefined;
  /** Sent as JSON. */
  body?: unknown;
  signal?: AbortSignal | undefined;
};

type PathsWith<M extends Method> = {
  [P in keyof paths]: paths[P] extends Record<M, { responses: unknown }> ? P : never;
}[keyof paths];

type Answer<P extends keyof paths, M extends Method> =
  paths[P] extends Record<M, { responses: infer R }>
    ? R[keyof R & (200 | 201)] extends { content: { 'application/json': infer Body } }
      ? Body
      : unknown
    : never;

/** Calls a path of the OpenAPI document; the answer has the document's type. Throws a `Failure`. */
export function call<M extends Method, P extends PathsWith<M>>(method: M, path: P, options: RequestOptions = {}) {
  return request<Answer<P, M>>(method, path, options);
}

/** Calls any path; the caller knows the answer's type. Throws a `Failure`. */
export async function request<T>(method: Method, path: string, options: RequestOptions = {}): Promise<T> {
  const response = await send(method, urlOf(path, options), options);
  const contentType = response.headers.get('content-type') ?? '';
  const body = contentType.includes('json') ? await response.json().catch(() => undefined) : undefined;
  if (!response.ok) throw reported(failureOf(response.status, contentType, body));
  if (body === undefined) throw unreadable(response.status, contentType);
  return body as T;
}

/** Told of every call that the token did not open. */
let onUnauthorized: () => void = () => {};
export function whenUnauthorized(listener: () => void): void {
  onUnauthorized = listener;
}

function reported(failure: Failure): Failure {
  if (failure.kind === 'unauthorized') onUnauthorized();
  return failure;
}

async function send(method: Method, url: string, { body, signal }: RequestOptions): Promise<Response> {
  const headers: Record<string, string> = { accept: 'application/json' };
  const token = readToken();
  if (token) headers.authorization = `Bearer ${token}`;
  if (body !== undefined) headers['content-type'] = 'application/json';
  const init: RequestInit = { method: method.toUpperCase(), headers, cache: 'no-store', signal: signal ?? null };
  if (body !== undefined) init.body = JSON.stringify(body);
  try {
    return await fetch(url, init);
  } catch (thrown) {
    if (signal?.aborted) throw thrown;
    throw unreachable();
  }
}

function urlOf(path: string, { params = {}, query = {} }: RequestOptions): string {
  const filled = path.replace(/\{(\w+)\}/g, (_whole, name: string) => encodeURIComponent(params[name] ?? ''));
  const given = Object.entries(query).flatMap(([key, value]) => (value === undefined ? [] : [[key, String(value)]]));
  return given.length > 0 ? `${filled}?${new URLSearchParams(given)}` : filled;
}

export { Failure };
