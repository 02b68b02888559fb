// A request to the router: its body, and the same as a line for a terminal. Pure.
import type { Answer } from './answer.ts';

export type Message = { role: 'system' | 'user' | 'assistant'; content: string };

export type ChatRequest = { url: string; body: ChatBody };

export type ChatBody = {
  model: string;
  messages: readonly Message[];
  stream: true;
  stream_options: { include_usage: true };
};

/** A question, and what has come of it. */
export type Turn = { id: number; question: string; request: ChatRequest; answer: Answer };

export function requestOf(
  base: string,
  model: string,
  system: string,
  turns: readonly Turn[],
  question: string,
): ChatRequest {
  const first: Message[] = system.trim() === '' ? [] : [{ role: 'system', content: system.trim() }];
  const messages = [...first, ...turns.flatMap(messagesOf), { role: 'user' as const, content: question }];
  return {
    url: `${base}/chat/completions`,
    body: { model, messages, stream: true, stream_options: { include_usage: true } },
  };
}

/** A question that nothing was answered to is not told again. */
function messagesOf({ question, answer }: Turn): Message[] {
  if (answer.text === '') return [];
  return [
    { role: 'user', content: question },
    { role: 'assistant', content: answer.text },
  ];
}

export function curlOf({ url, body }: ChatRequest): string {
  const json = JSON.stringify(body).replaceAll("'", `'\\''`);
  return `curl -N ${url} \\\n  -H 'content-type: application/json' \\\n  -d '${json}'`;
}
