import { type ReactNode, useState } from 'react';
import { call } from '@/api/client.ts';
import type { Audit } from '@/api/types.ts';

/** Around the word of the connection: its tooltip says when what is shown was last compared with what is so. */
export function Verified({ children }: { children: ReactNode }) {
  const [words, setWords] = useState<string>();
  // The server looks for whoever asks, so nobody asks before somebody points at it.
  const look = () => {
    call('get', '/api/audit').then(
      (audit) => setWords(verifiedWords(audit)),
      () => setWords(undefined),
    );
  };
  return (
    <span title={words} onPointerEnter={look}>
      {children}
    </span>
  );
}

/** What the auditor found, in a sentence. */
export function verifiedWords({ age, checks, violations }: Audit): string | undefined {
  if (age == null) return undefined;
  const seconds = age < 10 ? age.toFixed(1) : age.toFixed(0);
  const untrue = violations === 0 ? 'none' : violations.toLocaleString('en');
  return `Verified ${seconds} s ago: of ${checks.toLocaleString('en')} states compared with /proc, ${untrue} untrue`;
}
