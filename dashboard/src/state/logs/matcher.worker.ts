// Searches lines in a thread of its own: an expression that never comes to an end can be ended there.
import { compile, matchesOf, type Pattern } from './match.ts';

export type Question = { pattern: Pattern; texts: string[] };
export type Reply = (number[] | null)[];

addEventListener('message', ({ data }: MessageEvent<Question>) => {
  const pattern = compile(data.pattern);
  const reply: Reply = data.texts.map((text) => (typeof pattern === 'string' ? null : matchesOf(pattern, text)));
  postMessage(reply);
});
