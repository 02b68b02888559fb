import { CircleCheck, CircleX } from 'lucide-react';
import { Spinner } from '@/components/Spinner.tsx';
import { sentenceOf, type TestResult } from '@/state/tests.ts';

/** What the provider answered to the last test: how long it took and how many models it has, or why not. */
export function TestOutcome({ result }: { result: TestResult | undefined }) {
  if (!result) return <span className="text-muted">Not tested</span>;
  const words = sentenceOf(result);
  if (result.kind === 'running') return <Line icon={<Spinner size={14} className="text-muted" />}>{words}</Line>;
  if (result.kind === 'failed') {
    return (
      <Line icon={<CircleX size={14} aria-hidden="true" className="text-bad" />} tone="text-bad">
        {words}
      </Line>
    );
  }
  return (
    <Line icon={<CircleCheck size={14} aria-hidden="true" className="text-good" />} title={result.models.join('\n')}>
      {words}
    </Line>
  );
}

type LineProps = { icon: React.ReactNode; tone?: string; title?: string; children: React.ReactNode };

function Line({ icon, tone = '', title, children }: LineProps) {
  return (
    <span title={title} className={`flex items-start gap-1.5 ${tone}`}>
      <span className="flex h-5 shrink-0 items-center">{icon}</span>
      <span className="min-w-0 break-words">{children}</span>
    </span>
  );
}
