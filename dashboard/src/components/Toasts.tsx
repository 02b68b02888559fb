import { CircleAlert, CircleCheck, X } from 'lucide-react';
import { dismiss, type Toast, useToasts } from '@/state/toasts.ts';
import { Button } from './Button.tsx';

export function Toasts() {
  const { toasts } = useToasts();
  return (
    <section
      aria-label="Notifications"
      className="pointer-events-none fixed inset-x-3 bottom-36 z-40 flex flex-col items-end gap-2 md:bottom-17 md:left-auto xl:bottom-10"
    >
      {toasts.map((toast) => (
        <Note key={toast.id} toast={toast} />
      ))}
    </section>
  );
}

function Note({ toast }: { toast: Toast }) {
  const { id, kind, text, action } = toast;
  const Icon = kind === 'error' ? CircleAlert : CircleCheck;
  return (
    <div
      role={kind === 'error' ? 'alert' : undefined}
      className="fade-in pointer-events-auto flex w-full max-w-sm items-start gap-2.5 rounded-lg border border-line bg-raised py-2 pr-2 pl-3 shadow-(--shadow-high)"
    >
      <Icon size={15} aria-hidden="true" className={`mt-1 shrink-0 ${kind === 'error' ? 'text-bad' : 'text-good'}`} />
      <p className="min-w-0 grow py-0.5 break-words">{text}</p>
      {action && (
        <Button
          size="small"
          onClick={() => {
            dismiss(id);
            action.run();
          }}
        >
          {action.label}
        </Button>
      )}
      <Button look="quiet" size="small" icon={<X size={14} />} aria-label="Dismiss" onClick={() => dismiss(id)} />
    </div>
  );
}
