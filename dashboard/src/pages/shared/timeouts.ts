// How long a provider may take: which timeouts there are, and what may be typed as one. Pure.

export type TimeoutKey = 'connect_timeout_s' | 'first_byte_timeout_s' | 'idle_timeout_s';

export const TIMEOUTS: Record<TimeoutKey, { label: string; help: string; usual: number }> = {
  connect_timeout_s: { label: 'Connect', help: 'Until a provider accepts the connection.', usual: 10 },
  first_byte_timeout_s: { label: 'First byte', help: 'From the request until the answer begins.', usual: 600 },
  idle_timeout_s: { label: 'Idle', help: 'Between two pieces of an answer.', usual: 300 },
};

/** The longest one that the server takes: a day. */
const LONGEST_S = 86_400;

export const NO_SECONDS = `Seconds: more than 0, ${LONGEST_S} at most.`;

/** What was typed, in seconds; people write a decimal comma too. */
export function secondsOf(text: string): number | null {
  const typed = text.trim().replace(',', '.');
  const seconds = /^\d*\.?\d+$/.test(typed) ? Number(typed) : 0;
  return seconds > 0 && seconds <= LONGEST_S ? seconds : null;
}
