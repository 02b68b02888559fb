// Regular expressions as people type them. Pure; `matcher.worker.ts` runs it.

export type Pattern = { readonly source: string; readonly matchCase: boolean };

/** How many matches of one line are marked. */
const MOST_MATCHES = 32;

/** The expression, or why it is none. */
export function compile({ source, matchCase }: Pattern): RegExp | string {
  try {
    return new RegExp(source, matchCase ? 'gu' : 'giu');
  } catch {
    return withoutUnicode(source, matchCase);
  }
}

/** Without the strictness of `u`, which refuses much that people are used to, as `\-`. */
function withoutUnicode(source: string, matchCase: boolean): RegExp | string {
  try {
    return new RegExp(source, matchCase ? 'g' : 'gi');
  } catch (thrown) {
    return reasonOf(thrown);
  }
}

/** `Unterminated group`, of `Invalid regular expression: /(/gi: Unterminated group`. */
function reasonOf(thrown: unknown): string {
  const message = thrown instanceof Error ? thrown.message : String(thrown);
  return message.replace(/^Invalid regular expression: .*: /s, '');
}

/** Pairs of begin and end; null where there is no match. */
export function matchesOf(pattern: RegExp, text: string): number[] | null {
  pattern.lastIndex = 0;
  const found: number[] = [];
  for (let match = pattern.exec(text); match; match = pattern.exec(text)) {
    found.push(match.index, match.index + match[0].length);
    if (found.length >= 2 * MOST_MATCHES) break;
    if (match[0] === '') pattern.lastIndex += 1;
  }
  return found.length > 0 ? found : null;
}
