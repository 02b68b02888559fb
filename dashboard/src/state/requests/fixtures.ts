// Requests as the server would send them, for tests.
import type { RequestRow } from './row.ts';

/** One that took a second; its id is also its age. */
export function requestRow(id: number, rest: Partial<RequestRow> = {}): RequestRow {
  return {
    id,
    time: id * 1_000,
    process: 'providerRouter',
    generation: 1,
    path: '/v1/chat/completions',
    client: 'curl/8.14',
    model: 'qwen-plus',
    provider: 'qwen-proxy',
    status: 200,
    outcome: 'complete',
    stream: true,
    promptTokens: 12,
    completionTokens: 40,
    firstTokenMs: 200,
    totalMs: 1_000,
    error: null,
    ...rest,
  };
}

export const flying = (id: number, rest: Partial<RequestRow> = {}) =>
  requestRow(id, { outcome: null, totalMs: null, completionTokens: null, ...rest });

export const idsOf = (rows: readonly RequestRow[]) => rows.map(({ id }) => id);

/** As JSON has them. */
export const wire = (rows: readonly RequestRow[]): unknown => JSON.parse(JSON.stringify(rows));
