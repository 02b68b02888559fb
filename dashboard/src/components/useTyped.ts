import { useEffect, useState } from 'react';

/** How long after the last key a text is told. */
const PAUSE_MS = 200;

/** A text that is told after a pause in typing, and that follows where it is changed elsewhere. */
export function useTyped(given: string, tell: (text: string) => void) {
  const [text, setText] = useState(given);
  const [told, setTold] = useState(given);
  if (told !== given) {
    setTold(given);
    setText(given);
  }
  // biome-ignore lint/correctness/useExhaustiveDependencies: only typing starts the pause
  useEffect(() => {
    if (text === given) return;
    const timer = setTimeout(() => {
      setTold(text);
      tell(text);
    }, PAUSE_MS);
    return () => clearTimeout(timer);
  }, [text]);
  return [text, setText] as const;
}
