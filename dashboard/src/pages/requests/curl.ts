// A request as a line for a terminal. Pure.
import type { RequestRow } from '@/state/requests/row.ts';

type Body = Record<string, unknown>;

/** What each path takes, in the shortest form that is a real request. */
const BODIES: Readonly<Record<string, (model: string, stream: boolean) => Body>> = {
  '/v1/completions': (model, stream) => ({ model, prompt: 'Hello', ...streamed(stream) }),
  '/v1/embeddings': (model) => ({ model, input: 'Hello' }),
  '/v1/responses': (model, stream) => ({ model, input: 'Hello', ...streamed(stream) }),
  '/v1/messages': (model, stream) => ({ model, max_tokens: 1_024, messages: HELLO, ...streamed(stream) }),
  '/v1/messages/count_tokens': (model) => ({ model, messages: HELLO }),
};

const HELLO = [{ role: 'user', content: 'Hello' }];
const CHAT = '/v1/chat/completions';

const streamed = (stream: boolean) => (stream ? { stream } : {});

/** A streamed chat, as a first request. */
export const chatLineOf = (base: string, model: string) =>
  lineOf(`${base}/chat/completions`, { model, messages: HELLO, stream: true });

/** The same call: method, address and model. Its body is not stored, so that another one stands in its place. */
export function curlOf({ path, model, stream }: RequestRow, base: string): string {
  const url = `${base}${path ?? CHAT}`;
  if (path?.startsWith('/v1/models')) return `curl ${quoted(url)}`;
  const bodyOf = BODIES[path ?? CHAT] ?? ((name: string) => ({ model: name, messages: HELLO, ...streamed(stream) }));
  return lineOf(url, bodyOf(model ?? 'MODEL', stream));
}

function lineOf(url: string, body: Body): string {
  const flag = body.stream === true ? '-N ' : '';
  return `curl ${flag}${quoted(url)} \\\n  -H 'content-type: application/json' \\\n  -d ${quoted(JSON.stringify(body))}`;
}

/** As a shell takes it; what needs no quotes has none. */
function quoted(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}
