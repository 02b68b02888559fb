// A provider as it is typed: what is wrong with it, and what is sent. Pure.
import type { NewProvider, Provider, ProviderChange, ProviderType } from '@/api/types.ts';
import type { Errors } from '@/components/useForm.ts';
import { keyError, urlError } from '@/pages/shared/checks.ts';
import { checkTimeouts, type Timeouts, timeoutsOf, timeoutsToSend } from './timeouts.ts';

export type Draft = Timeouts & {
  type: ProviderType;
  name: string;
  /** Only of one that is to be. */
  id: string;
  baseUrl: string;
  /** What was typed; the key that is set is not known here. */
  apiKey: string;
  removeKey: boolean;
  priority: string;
  description: string;
  enabled: boolean;
};

type Kind = {
  word: string;
  /** Where such a server usually is. */
  baseUrl: string;
  /** About its key. */
  keyHelp: string;
};

const LOCAL = 'A server on this machine usually needs none.';

export const KINDS: Record<ProviderType, Kind> = {
  'openai-compatible': { word: 'OpenAI-compatible', baseUrl: '', keyHelp: 'Some servers need none.' },
  openai: { word: 'OpenAI', baseUrl: 'https://api.openai.com/v1', keyHelp: 'OpenAI needs one.' },
  openrouter: { word: 'OpenRouter', baseUrl: 'https://openrouter.ai/api/v1', keyHelp: 'OpenRouter needs one.' },
  'lm-studio': { word: 'LM Studio', baseUrl: 'http://127.0.0.1:1234/v1', keyHelp: LOCAL },
  ollama: { word: 'Ollama', baseUrl: 'http://127.0.0.1:11434/v1', keyHelp: LOCAL },
  vllm: { word: 'vLLM', baseUrl: 'http://127.0.0.1:8000/v1', keyHelp: LOCAL },
  'llama-cpp': { word: 'llama.cpp', baseUrl: 'http://127.0.0.1:8080/v1', keyHelp: LOCAL },
  qwen: { word: 'Qwen', baseUrl: 'http://127.0.0.1:3000/v1', keyHelp: 'The Qwen proxy sends its own, from Settings.' },
};

export const TYPES = Object.keys(KINDS) as ProviderType[];

/** The page may be older than the server, and not know a type. */
export const wordOf = (type: ProviderType) => KINDS[type]?.word ?? type;

export const EMPTY: Draft = {
  type: 'openai-compatible',
  name: '',
  id: '',
  baseUrl: '',
  apiKey: '',
  removeKey: false,
  priority: '0',
  description: '',
  enabled: true,
  ...timeoutsOf({}),
};

export function draftOf(provider: Provider): Draft {
  const { type, name, id, baseUrl, priority, description, enabled } = provider;
  const texts = { apiKey: '', removeKey: false, priority: String(priority), ...timeoutsOf(provider) };
  return { type, name, id, baseUrl, description, enabled, ...texts };
}

/** Another type brings its name and its address, unless others were typed. */
export function withType(draft: Draft, type: ProviderType, isNew: boolean): Partial<Draft> {
  const [before, after] = [KINDS[draft.type], KINDS[type]];
  const follows = draft.baseUrl.trim() === '' || draft.baseUrl === before.baseUrl;
  const isNamed = !isNew || (draft.name.trim() !== '' && draft.name !== before.word);
  const name = type === 'openai-compatible' ? '' : after.word;
  return { type, ...(follows ? { baseUrl: after.baseUrl } : {}), ...(isNamed ? {} : { name }) };
}

// ---- what is wrong

const MOST_PRIORITY = 1_000_000;

export function check(draft: Draft): Errors<Draft> {
  const errors: Errors<Draft> = checkTimeouts(draft);
  if (draft.name.trim() === '') errors.name = 'Give it a name.';
  const baseUrl = urlError(draft.baseUrl);
  if (baseUrl) errors.baseUrl = baseUrl;
  const apiKey = keyError(draft.apiKey);
  if (apiKey) errors.apiKey = apiKey;
  if (!isPriority(draft.priority)) errors.priority = 'A whole number, such as 0 or 10.';
  if (draft.id !== '' && !/^[A-Za-z0-9][\w.-]*$/.test(draft.id)) {
    errors.id = 'A letter or digit, then letters, digits, dots, dashes and underscores.';
  }
  return errors;
}

function isPriority(text: string): boolean {
  return /^[-+]?\d{1,7}$/.test(text.trim()) && Math.abs(Number(text)) <= MOST_PRIORITY;
}

// ---- what is sent

export function creationOf(draft: Draft): NewProvider {
  const { id, apiKey, ...rest } = valuesOf(draft);
  return { ...rest, ...(id ? { id } : {}), ...(apiKey ? { apiKey } : {}), ...timeoutsToSend(draft, {}) };
}

/** Only what differs, so that two people may change different fields; a key that was not touched stays. */
export function changeOf(draft: Draft, stored: Provider): ProviderChange {
  const { id: _, apiKey, ...values } = valuesOf(draft);
  const differing = Object.entries(values).filter(([key, value]) => value !== stored[key as keyof Provider]);
  const key = apiKey ? { apiKey } : draft.removeKey ? { apiKey: null } : {};
  return { ...Object.fromEntries(differing), ...key, ...timeoutsToSend(draft, stored) };
}

function valuesOf({ type, name, id, baseUrl, apiKey, priority, description, enabled }: Draft) {
  return {
    type,
    name: name.trim(),
    id: id.trim(),
    baseUrl: baseUrl.trim().replace(/\/+$/, ''),
    apiKey: apiKey.trim(),
    priority: Number(priority),
    description: description.trim(),
    enabled,
  };
}
