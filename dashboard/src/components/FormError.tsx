import { CircleAlert } from 'lucide-react';
import { Coded } from './Coded.tsx';

/** What went wrong with a form as a whole; said when it comes. */
export function FormError({ text, className = '' }: { text: string | null | undefined; className?: string }) {
  return (
    <div role="alert" className={`empty:hidden ${className}`}>
      {text && (
        <p className="fade-in flex gap-2 rounded-md bg-bad-soft px-3 py-2 text-bad">
          <CircleAlert size={15} aria-hidden="true" className="mt-0.5 shrink-0" />
          <span className="min-w-0 break-words">
            <Coded text={text} />
          </span>
        </p>
      )}
    </div>
  );
}
