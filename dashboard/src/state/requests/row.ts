// A request that went through a proxy, as the server tells of it. Pure.

export type RequestRow = {
  readonly id: number;
  /** When it came, in ms since the epoch. */
  readonly time: number;
  readonly process: string;
  readonly generation: number;
  /** What was asked for: `/v1/chat/completions`. */
  readonly path: string | null;
  /** What the client calls itself. */
  readonly client: string | null;
  readonly model: string | null;
  readonly provider: string | null;
  /** The HTTP status that was answered. */
  readonly status: number | null;
  /** How it ended; null while it is in flight. */
  readonly outcome: string | null;
  readonly stream: boolean;
  readonly promptTokens: number | null;
  readonly completionTokens: number | null;
  readonly firstTokenMs: number | null;
  readonly totalMs: number | null;
  readonly error: string | null;
};

/** What an outcome means for who looks for trouble. */
export type Kind = 'flight' | 'complete' | 'left' | 'failed';

/** What is not named here failed, also if this page is older than the server and does not know its name. */
const KINDS: Readonly<Record<string, Kind>> = { complete: 'complete', client_gone: 'left' };

export function kindOf({ outcome }: Pick<RequestRow, 'outcome'>): Kind {
  return outcome === null ? 'flight' : (KINDS[outcome] ?? 'failed');
}

/** Null where it is no request. */
export function readRow(raw: unknown): RequestRow | null {
  if (typeof raw !== 'object' || raw === null) return null;
  const row = raw as Record<string, unknown>;
  const { id, time, process } = row;
  if (typeof id !== 'number' || typeof time !== 'number' || typeof process !== 'string') return null;
  return {
    id,
    time,
    process,
    generation: numberIn(row, 'generation') ?? 0,
    path: textIn(row, 'path'),
    client: textIn(row, 'client'),
    model: textIn(row, 'model'),
    provider: textIn(row, 'provider'),
    status: numberIn(row, 'status'),
    outcome: textIn(row, 'outcome'),
    stream: row.stream === true,
    promptTokens: numberIn(row, 'promptTokens'),
    completionTokens: numberIn(row, 'completionTokens'),
    firstTokenMs: numberIn(row, 'firstTokenMs'),
    totalMs: numberIn(row, 'totalMs'),
    error: textIn(row, 'error'),
  };
}

function numberIn(row: Record<string, unknown>, key: string): number | null {
  const value = row[key];
  return typeof value === 'number' ? value : null;
}

function textIn(row: Record<string, unknown>, key: string): string | null {
  const value = row[key];
  return typeof value === 'string' && value !== '' ? value : null;
}
