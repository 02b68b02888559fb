import { RotateCw } from 'lucide-react';
import { Button } from '@/components/Button.tsx';
import { CopyButton } from '@/components/CopyButton.tsx';
import { AnswerView } from './AnswerView.tsx';
import { curlOf, type Turn } from './request.ts';

type Props = {
  turn: Turn;
  /** Asks it again; only the last one can be. */
  onAgain?: (() => void) | undefined;
};

/** A question and its answer. */
export function TurnView({ turn: { question, request, answer }, onAgain }: Props) {
  const { model } = request.body;
  return (
    <li className="flex flex-col gap-3">
      <p className="max-w-[85%] self-end rounded-xl rounded-br-sm bg-accent-soft px-3.5 py-2 text-base break-words whitespace-pre-wrap">
        <span className="sr-only">You: </span>
        {question}
      </p>
      <div className="min-w-0">
        <div className="flex h-8 items-center gap-1">
          <h2 className="min-w-0 truncate font-mono text-xs text-muted" title={model}>
            {model}
          </h2>
          {answer.ending !== 'running' && (
            <>
              {answer.text !== '' && <CopyButton text={answer.text} what="the answer" />}
              <CopyButton text={curlOf(request)} what="this request as curl" label="curl" />
              {onAgain && (
                <Button
                  look="quiet"
                  size="small"
                  icon={<RotateCw size={14} />}
                  aria-label="Ask again"
                  title="Ask again"
                  onClick={onAgain}
                />
              )}
            </>
          )}
        </div>
        <AnswerView answer={answer} />
      </div>
    </li>
  );
}
