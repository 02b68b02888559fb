import { ChevronRight, CircleAlert, CircleSlash, Square } from 'lucide-react';
import type { ReactNode } from 'react';
import { millisOf } from '@/components/format.ts';
import { Spinner } from '@/components/Spinner.tsx';
import type { Answer, Ending } from './answer.ts';

/** An answer as it grows: what was thought, folded; the text as it is; how it ended. */
export function AnswerView({ answer }: { answer: Answer }) {
  const { text, reasoning, ending } = answer;
  return (
    <div className="flex max-w-[80ch] min-w-0 flex-col gap-2">
      {reasoning !== '' && <Reasoning text={reasoning} thinking={ending === 'running' && text === ''} />}
      {text !== '' && <p className="text-base break-words whitespace-pre-wrap">{text}</p>}
      <EndingNote answer={answer} />
      <Measures answer={answer} />
    </div>
  );
}

function Reasoning({ text, thinking }: { text: string; thinking: boolean }) {
  return (
    <details className="group text-muted">
      <summary className="flex w-fit list-none items-center gap-1 rounded font-medium hover:text-text pointer-coarse:min-h-11">
        <ChevronRight size={14} aria-hidden="true" className="transition-transform group-open:rotate-90" />
        {thinking ? 'Thinking...' : 'Reasoning'}
      </summary>
      <p className="mt-1 border-l-2 border-line-strong pl-3 break-words whitespace-pre-wrap">{text}</p>
    </details>
  );
}

const NOTES: Record<Ending, (answer: Answer) => ReactNode> = {
  running: ({ firstMs }) =>
    firstMs === null && (
      <p className="flex items-center gap-2 text-muted">
        <Spinner size={14} />
        Waiting for the first token...
      </p>
    ),
  complete: ({ text, finishReason }) => {
    if (finishReason === 'length') return <Note icon={<CircleSlash size={14} />}>Cut off at the longest length.</Note>;
    return text === '' && <Note icon={<CircleSlash size={14} />}>The answer is empty.</Note>;
  },
  stopped: () => <Note icon={<Square size={12} />}>Stopped by you.</Note>,
  incomplete: () => (
    <Note icon={<CircleAlert size={14} />} tone="bg-move-soft text-move">
      Incomplete: the stream ended without [DONE], so that something may be missing.
    </Note>
  ),
  failed: ({ error }) => (
    <Note icon={<CircleAlert size={14} />} tone="bg-bad-soft text-bad">
      {error}
    </Note>
  ),
};

const EndingNote = ({ answer }: { answer: Answer }) => NOTES[answer.ending](answer);

type NoteProps = { icon: ReactNode; tone?: string; children: ReactNode };

function Note({ icon, tone = 'bg-idle-soft text-soft', children }: NoteProps) {
  return (
    <p className={`flex w-fit max-w-full gap-2 rounded-md px-2.5 py-1.5 ${tone}`}>
      <span aria-hidden="true" className="flex h-5 shrink-0 items-center">
        {icon}
      </span>
      <span className="min-w-0 break-words">{children}</span>
    </p>
  );
}

/** Its place is there from the beginning. */
function Measures({ answer }: { answer: Answer }) {
  return <p className="min-h-4 text-xs text-muted">{measuresOf(answer).join(' · ')}</p>;
}

export function measuresOf({ tokens, firstMs, totalMs }: Answer): string[] {
  const shown: string[] = [];
  if (firstMs !== null) shown.push(`first token ${millisOf(firstMs)}`);
  if (totalMs !== null) shown.push(`total ${millisOf(totalMs)}`);
  if (!tokens) return shown;
  shown.push(`${tokens.prompt} tokens in`, `${tokens.completion} out`);
  const writingMs = totalMs !== null && firstMs !== null ? totalMs - firstMs : 0;
  // Of a few tokens, or of what came all at once, a rate says nothing.
  if (tokens.completion >= 10 && writingMs >= 100) {
    shown.push(`${Math.round(tokens.completion / (writingMs / 1_000))} tokens/s`);
  }
  return shown;
}
