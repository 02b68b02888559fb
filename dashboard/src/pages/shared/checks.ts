// What may stand in a field. The server has the last word; these say at once what is plain to see.

/** What is wrong with the address of an OpenAI-compatible server; null: nothing. */
export function urlError(text: string): string | null {
  const typed = text.trim();
  if (typed === '') return 'Give the address, such as http://127.0.0.1:1234/v1.';
  if (!/^https?:\/\//i.test(typed)) return 'It must begin with http:// or https://.';
  const url = parsed(typed);
  if (!url) return 'This is not a URL.';
  if (url.username || url.password) return 'A key goes into its own field, not into the address.';
  if (url.search || url.hash) return 'Leave out what stands behind the path.';
  return url.pathname === '/' ? 'It needs a path, which usually is /v1.' : null;
}

function parsed(text: string): URL | null {
  try {
    return new URL(text);
  } catch {
    return null;
  }
}

/** Visible ASCII alone can be sent; what was pasted may have white space around it. */
export function keyError(text: string): string | null {
  return /^[!-~]*$/.test(text.trim()) ? null : 'A key has no spaces and no special characters. Was more pasted?';
}
