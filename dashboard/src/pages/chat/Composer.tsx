import { ArrowUp, Square } from 'lucide-react';
import { type KeyboardEvent, type SyntheticEvent, useLayoutEffect, useRef } from 'react';
import { Button } from '@/components/Button.tsx';
import { CopyButton } from '@/components/CopyButton.tsx';
import { isRunning, send, stop, useChat } from './chat.ts';
import { curlOf, requestOf } from './request.ts';

type Props = {
  base: string;
  model: string;
  /** Why nothing can be sent now. */
  waits: string | null;
};

/** Where a question is typed. Enter sends it; while it is answered, the same button stops that. */
export function Composer({ base, model, waits }: Props) {
  const { draft } = useChat();
  const running = useChat(isRunning);
  const box = useGrowing(draft);
  const refusal = waits ?? (draft.trim() === '' ? 'Type something first' : null);
  const submit = (event: SyntheticEvent) => {
    event.preventDefault();
    if (!running && refusal === null) void send(base, model, draft.trim());
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key === 'Escape' && running) stop();
    // In the middle of a composed letter, Enter chooses it.
    if (event.key === 'Enter' && !event.shiftKey && !event.nativeEvent.isComposing) submit(event);
  };
  return (
    <form
      onSubmit={submit}
      className="rounded-xl border border-line-strong bg-surface shadow-(--shadow) focus-within:border-accent"
    >
      <textarea
        ref={box}
        aria-label="Message"
        placeholder="Ask something"
        rows={1}
        value={draft}
        onChange={(event) => useChat.setState({ draft: event.target.value })}
        onKeyDown={onKeyDown}
        className="block max-h-60 w-full resize-none bg-transparent px-3.5 pt-3 pb-1 text-base outline-none placeholder:text-muted pointer-coarse:text-lg"
      />
      <div className="flex items-center gap-2 p-2 pl-2.5">
        <CurlButton base={base} model={model} />
        <p className="grow text-xs text-muted max-sm:hidden">Enter sends, Shift + Enter begins a new line</p>
        <div className="ml-auto flex *:w-20">
          {running ? (
            <Button icon={<Square size={12} aria-hidden="true" />} onClick={stop}>
              Stop
            </Button>
          ) : (
            <Button type="submit" look="primary" icon={<ArrowUp size={15} aria-hidden="true" />} unavailable={refusal}>
              Send
            </Button>
          )}
        </div>
      </div>
    </form>
  );
}

/** What Send would send; while nothing is typed, what was sent last. */
function CurlButton({ base, model }: { base: string; model: string }) {
  const { draft, system, turns } = useChat();
  const question = draft.trim();
  const last = turns.at(-1);
  const request = question === '' && last ? last.request : requestOf(base, model, system, turns, question || 'Hello');
  return <CopyButton text={curlOf(request)} what="as curl" label="Copy as curl" />;
}

/** As high as its text, within bounds. */
function useGrowing(text: string) {
  const box = useRef<HTMLTextAreaElement>(null);
  // biome-ignore lint/correctness/useExhaustiveDependencies: another text may need another height
  useLayoutEffect(() => {
    const element = box.current;
    if (!element) return;
    element.style.height = 'auto';
    element.style.height = `${element.scrollHeight}px`;
  }, [text]);
  return box;
}
