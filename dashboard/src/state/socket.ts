// The connection that everything live comes over. It goes on trying for as long as the page is open.
import { io, type Socket } from 'socket.io-client';
import { whenUnauthorized } from '@/api/client.ts';
import { readToken, writeToken } from '@/api/token.ts';
import type { ServerEvents } from '@/api/types.ts';
import { receive } from './burst.ts';
import type { Message } from './live.ts';
import { dispatch, live } from './store.ts';
import { aheadOf, readCredentials, readDetail, readEnvelope, readModels, readProviders } from './wire.ts';

export const RETRY_MS = 250;

/** A connection of its own, not open yet. */
export function newSocket(): Socket {
  return io({
    path: '/socket.io/',
    transports: ['websocket', 'polling'],
    tryAllTransports: true,
    autoConnect: false,
    forceNew: true,
    reconnectionDelay: RETRY_MS,
    reconnectionDelayMax: 2_000,
    timeout: 5_000,
    auth: (give) => give({ token: readToken() ?? '' }),
  });
}

/** Ends one that is not needed any more. A browser complains of a connection that is closed before it is open. */
export function leave(socket: Socket): void {
  socket.io.reconnection(false);
  if (socket.connected || !socket.active) socket.disconnect();
  else socket.once('connect', () => socket.disconnect());
}

const socket = newSocket();

/** Whether the next status is the first one of its connection, which replaces all that was known. */
let fresh = true;

export function connect(): void {
  socket.on('connect', () => {
    fresh = true;
  });
  socket.on('connect_error', onRefused);
  socket.on('disconnect', onLost);
  socket.on('proxy:status', onStatus);
  socket.on('lifecycle:update', (event: unknown) => receive({ kind: 'update', event }));
  follow('detail:updated', readDetail, (update) => ({ kind: 'detail', update }));
  follow('providers:updated', readProviders, (providers) => ({ kind: 'providers', ...providers }));
  follow('models:updated', readModels, (models) => ({ kind: 'models', ...models }));
  follow('credentials:updated', readCredentials, (credentials) => ({ kind: 'credentials', credentials }));
  whenUnauthorized(askForToken);
  socket.connect();
}

/** Connects again with this token. */
export function connectWith(token: string): void {
  writeToken(token);
  dispatch({ kind: 'connection', connection: 'token' });
  socket.disconnect().connect();
}

/** Connects again without a token; the page asks for it where the server wants one. */
export function forgetToken(): void {
  writeToken(null);
  dispatch({ kind: 'connection', connection: 'connecting' });
  socket.disconnect().connect();
}

/** Folds in each event of this name that can be read. */
function follow<T>(event: string, read: (raw: unknown) => T | null, messageOf: (news: T) => Message): void {
  socket.on(event, (raw: unknown) => {
    const news = read(raw);
    receive(news ? messageOf(news) : { kind: 'unreadable', event });
  });
}

function onStatus(raw: unknown): void {
  const { status, timestamp } = readEnvelope(raw);
  receive({ kind: 'status', source: fresh ? 'fresh' : 'socket', status, ...aheadOf(timestamp) });
  fresh = false;
}

function onLost(reason: string): void {
  if (reason === 'io client disconnect') return;
  receive({ kind: 'connection', connection: 'reconnecting' });
  // The client comes back by itself from everything but a goodbye of the server.
  if (reason === 'io server disconnect') setTimeout(() => socket.connect(), RETRY_MS);
}

function onRefused(error: Error): void {
  if (error.message.startsWith('unauthorized')) {
    askForToken();
    return;
  }
  const asked = live.getState().connection === 'token';
  dispatch({
    kind: 'connection',
    ...(asked ? { connection: 'token', tokenError: 'The server does not answer.' } : { connection: 'reconnecting' }),
  });
}

function askForToken(): void {
  const tokenError = readToken() ? { tokenError: 'This is not the token of this server.' } : {};
  dispatch({ kind: 'connection', connection: 'token', ...tokenError });
  socket.disconnect();
}

// ---- what a page follows

/** What each topic sends. `logs` is subscribed to by `logs:subscribe`. */
type Topics = {
  logs: ServerEvents['log:line'];
  requests: unknown;
  usage: ServerEvents['usage:updated'];
};

const EVENTS: Record<keyof Topics, string> = {
  logs: 'log:line',
  requests: 'requests:updated',
  usage: 'usage:updated',
};

export type Subscription<T extends keyof Topics> = {
  topic: T;
  payload?: Record<string, unknown>;
  onEvent: (data: Topics[T]) => void;
  /** Told each time that the server has subscribed this page: at first and after each reconnection. */
  onJoined?: () => void;
  onRefused?: (message: string) => void;
};

type Acknowledgement = { ok: boolean; error?: { message?: string } };

/** Follows a topic, over reconnections too, until the returned function is called. */
export function subscribe<T extends keyof Topics>(subscription: Subscription<T>): () => void {
  const { topic, payload = {}, onEvent, onJoined, onRefused } = subscription;
  const event: string = EVENTS[topic];
  const join = () => {
    socket.emit(`${topic}:subscribe`, payload, (answer: Acknowledgement) => {
      if (answer.ok) onJoined?.();
      else onRefused?.(answer.error?.message ?? 'The server refused.');
    });
  };
  const listener = (data: unknown) => onEvent(data as Topics[T]);
  socket.on(event, listener);
  socket.on('connect', join);
  if (socket.connected) join();
  return () => {
    socket.off(event, listener);
    socket.off('connect', join);
    if (socket.connected) socket.emit(`${topic}:unsubscribe`, payload, () => {});
  };
}
