// Reads what the server sent. What has not the shape that this page lives by is null, and the reducer says so.
import type { Credentials, DetailUpdate, Model, Process, Provider, Status } from '@/api/types.ts';

const STATUS_KEYS = new Set(['success', 'status', 'providers', 'models', 'credentials', 'message', 'seq', 'epoch']);
const EVENT_KEYS = new Set(['timestamp', 'seq', 'epoch']);

type Numbered = Record<string, unknown> & { seq: number; epoch: string };

export type ReadEvent = { seq: number; epoch: string; processes: Process[] };

export function readStatus(raw: unknown): Status | null {
  if (!isRecord(raw) || !isNumbered(raw)) return null;
  const { providers, models, credentials } = raw;
  const whole = readProviders(providers) && readModels(models) && isRecord(credentials);
  return whole ? (raw as unknown as Status) : null;
}

/** What `proxy:status` wraps its status in. */
export function readEnvelope(raw: unknown): { status: unknown; timestamp: unknown } {
  return isRecord(raw) ? { status: raw.status, timestamp: raw.timestamp } : { status: null, timestamp: null };
}

/** By how many ms the server's clock is ahead, if its time can be read. */
export function aheadOf(timestamp: unknown): { clockAhead?: number } {
  const clockAhead = Date.parse(String(timestamp)) - Date.now();
  return Number.isFinite(clockAhead) ? { clockAhead } : {};
}

export function readProviders(raw: unknown): { items: Provider[]; total: number; enabled: number } | null {
  if (!isRecord(raw) || !isListOfNamed(raw.items)) return null;
  const { items, total, enabled } = raw;
  if (typeof total !== 'number' || typeof enabled !== 'number') return null;
  return { items: items as unknown as Provider[], total, enabled };
}

export function readModels(raw: unknown): { items: Model[]; total: number } | null {
  if (!isRecord(raw) || !isListOfNamed(raw.items) || typeof raw.total !== 'number') return null;
  return { items: raw.items as unknown as Model[], total: raw.total };
}

export function readCredentials(raw: unknown): Credentials | null {
  if (!isRecord(raw)) return null;
  const { isValid: valid, hasCredentials, isExpired, expiresAt } = raw;
  if (typeof valid !== 'boolean' || typeof hasCredentials !== 'boolean' || typeof isExpired !== 'boolean') return null;
  return { valid, hasCredentials, isExpired, expiresAt: typeof expiresAt === 'number' ? expiresAt : null };
}

/** The answer to an order for one process. */
export const readProcess = (raw: unknown): Process | null => (isProcess(raw) ? raw : null);

/** The processes of a status, in its order. */
export function processesOf(status: Status): Process[] {
  return namedIn(status as unknown as Record<string, unknown>, STATUS_KEYS);
}

export function readEvent(raw: unknown): ReadEvent | null {
  if (!isRecord(raw) || !isNumbered(raw)) return null;
  const processes = namedIn(raw, EVENT_KEYS);
  return processes.length > 0 ? { seq: raw.seq, epoch: raw.epoch, processes } : null;
}

/** What a process says of itself within its state. */
export function readDetail(raw: unknown): DetailUpdate | null {
  if (!isRecord(raw) || !isNumbered(raw) || typeof raw.process !== 'string') return null;
  return typeof raw.generation === 'number' ? (raw as unknown as DetailUpdate) : null;
}

function namedIn(record: Record<string, unknown>, besides: Set<string>): Process[] {
  return Object.entries(record).flatMap(([key, value]) => (!besides.has(key) && isProcess(value) ? [value] : []));
}

function isProcess(raw: unknown): raw is Process {
  if (!isRecord(raw)) return false;
  return ['id', 'title', 'state', 'message'].every((key) => typeof raw[key] === 'string');
}

function isListOfNamed(raw: unknown): raw is Record<string, unknown>[] {
  return Array.isArray(raw) && raw.every((item) => isRecord(item) && typeof item.id === 'string');
}

function isNumbered(raw: Record<string, unknown>): raw is Numbered {
  return typeof raw.seq === 'number' && typeof raw.epoch === 'string';
}

function isRecord(raw: unknown): raw is Record<string, unknown> {
  return typeof raw === 'object' && raw !== null;
}
