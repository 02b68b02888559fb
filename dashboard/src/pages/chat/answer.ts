// An answer as it grows from the events of its stream. Pure.
import { errorTextOf } from '@/state/router.ts';
import type { SseEvent } from './sse.ts';

export type Tokens = { prompt: number; completion: number };

export type Ending =
  /** Still coming. */
  | 'running'
  /** All of it is here. */
  | 'complete'
  /** By the person's wish. */
  | 'stopped'
  /** The stream ended without saying that it does. */
  | 'incomplete'
  | 'failed';

export type Answer = {
  readonly text: string;
  /** What the model thought before it answered. */
  readonly reasoning: string;
  readonly ending: Ending;
  /** In the router's own words. */
  readonly error: string | null;
  readonly tokens: Tokens | null;
  /** Why the model stopped, such as `stop` or `length`. */
  readonly finishReason: string | null;
  /** From the request to the first piece of text, in ms. */
  readonly firstMs: number | null;
  readonly totalMs: number | null;
};

export const BEGUN: Answer = {
  text: '',
  reasoning: '',
  ending: 'running',
  error: null,
  tokens: null,
  finishReason: null,
  firstMs: null,
  totalMs: null,
};

/** `atMs`: since the request. What comes after the end changes nothing. */
export function withEvent(answer: Answer, { name, data }: SseEvent, atMs: number): Answer {
  if (answer.ending !== 'running') return answer;
  if (data.trim() === '[DONE]') return ended(answer, 'complete', atMs);
  const body = parsed(data);
  if (body === undefined) return failed(answer, `The router sent what is not JSON: ${excerpt(data)}`, atMs);
  const error = errorTextOf(body) ?? (name === 'error' ? (textOf(body, 'message') ?? excerpt(data)) : null);
  return error === null ? withChunk(answer, body, atMs) : failed(answer, error, atMs);
}

/** A whole answer at once, from an upstream that does not stream. */
export function withWhole(answer: Answer, body: unknown, atMs: number): Answer {
  const error = errorTextOf(body);
  if (error !== null) return failed(answer, error, atMs);
  const whole = withChunk(answer, body, atMs);
  if (!choiceOf(body)) return failed(answer, 'The router’s answer has no message in it.', atMs);
  return ended(whole, 'complete', atMs);
}

/** The connection has ended. */
export function withEnd(answer: Answer, atMs: number): Answer {
  return answer.ending === 'running' ? ended(answer, 'incomplete', atMs) : answer;
}

export function failed(answer: Answer, error: string, atMs: number): Answer {
  return { ...ended(answer, 'failed', atMs), error };
}

export function ended(answer: Answer, ending: Exclude<Ending, 'running'>, atMs: number): Answer {
  return { ...answer, ending, totalMs: atMs };
}

type Fields = Record<string, unknown>;

function withChunk(answer: Answer, body: unknown, atMs: number): Answer {
  const choice = choiceOf(body);
  const delta = (choice?.delta ?? choice?.message) as unknown;
  const text = textOf(delta, 'content') ?? textOf(choice, 'text') ?? '';
  // Servers disagree about the name.
  const reasoning = textOf(delta, 'reasoning_content') ?? textOf(delta, 'reasoning') ?? '';
  const isFirst = answer.firstMs === null && (text !== '' || reasoning !== '');
  return {
    ...answer,
    text: answer.text + text,
    reasoning: answer.reasoning + reasoning,
    tokens: tokensOf(body) ?? answer.tokens,
    finishReason: textOf(choice, 'finish_reason') ?? answer.finishReason,
    firstMs: isFirst ? atMs : answer.firstMs,
  };
}

function choiceOf(body: unknown): Fields | undefined {
  const { choices } = fieldsOf(body);
  return Array.isArray(choices) && choices.length > 0 ? fieldsOf(choices[0]) : undefined;
}

function tokensOf(body: unknown): Tokens | null {
  const usage = fieldsOf(fieldsOf(body).usage);
  const { prompt_tokens: prompt, completion_tokens: completion } = usage;
  return typeof prompt === 'number' && typeof completion === 'number' ? { prompt, completion } : null;
}

function textOf(from: unknown, field: string): string | null {
  const value = fieldsOf(from)[field];
  return typeof value === 'string' ? value : null;
}

const fieldsOf = (value: unknown): Fields => (typeof value === 'object' && value !== null ? (value as Fields) : {});

function parsed(data: string): unknown {
  try {
    return JSON.parse(data);
  } catch {
    return undefined;
  }
}

const excerpt = (text: string) => (text.length > 200 ? `${text.slice(0, 200)}…` : text);
