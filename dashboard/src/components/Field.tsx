import {
  type InputHTMLAttributes,
  type ReactNode,
  type SelectHTMLAttributes,
  type TextareaHTMLAttributes,
  useId,
} from 'react';
import { Coded } from './Coded.tsx';
import { BOX } from './field-box.ts';

type FieldProps = {
  label: string;
  /** What to know before one fills it in. */
  help?: ReactNode;
  /** What is wrong with what was filled in. */
  error?: string | null | undefined;
  /** The error has its place beforehand. */
  steady?: boolean;
  className?: string;
};

type Control = { id: string; 'aria-describedby'?: string; 'aria-invalid'?: true };

/** A labelled control with its help and its error; the error's line is said when it comes. */
export function Field({
  label,
  help,
  error,
  steady = false,
  className = '',
  control,
}: FieldProps & { control: (props: Control) => ReactNode }) {
  const id = useId();
  const described = [help ? `${id}-help` : '', error ? `${id}-error` : ''].filter(Boolean).join(' ');
  return (
    <div className={`flex flex-col gap-1 ${className}`}>
      <label htmlFor={id} className="text-xs font-medium text-soft">
        {label}
      </label>
      {control({
        id,
        ...(described ? { 'aria-describedby': described } : {}),
        ...(error ? { 'aria-invalid': true } : {}),
      })}
      {help && (
        <p id={`${id}-help`} className="text-xs text-muted">
          {help}
        </p>
      )}
      <p id={`${id}-error`} role="alert" className={`text-xs text-bad ${steady ? 'min-h-4' : 'empty:hidden'}`}>
        {error && <Coded text={error} />}
      </p>
    </div>
  );
}

export function Input(props: FieldProps & InputHTMLAttributes<HTMLInputElement>) {
  const { label, help, error, steady = false, className, ...input } = props;
  return (
    <Field
      {...{ label, help, error, steady }}
      {...(className ? { className } : {})}
      control={(props) => <input {...input} {...props} className={BOX} />}
    />
  );
}

export function Select({
  label,
  help,
  error,
  className,
  children,
  ...select
}: FieldProps & SelectHTMLAttributes<HTMLSelectElement>) {
  return (
    <Field
      {...{ label, help, error }}
      {...(className ? { className } : {})}
      control={(props) => (
        <select {...select} {...props} className={BOX}>
          {children}
        </select>
      )}
    />
  );
}

export function Textarea({
  label,
  help,
  error,
  className,
  ...area
}: FieldProps & TextareaHTMLAttributes<HTMLTextAreaElement>) {
  return (
    <Field
      {...{ label, help, error }}
      {...(className ? { className } : {})}
      control={(props) => <textarea rows={2} {...area} {...props} className={`${BOX} h-auto! resize-y py-1.5`} />}
    />
  );
}

type SwitchProps = {
  label: string;
  checked: boolean;
  onChange: (checked: boolean) => void;
  unavailable?: string | null;
};

/** On or off, at once. The label is read, and not shown. */
export function Switch({ label, checked, onChange, unavailable }: SwitchProps) {
  return (
    <button
      type="button"
      role="switch"
      aria-checked={checked}
      aria-label={label}
      aria-disabled={unavailable ? true : undefined}
      title={unavailable ?? undefined}
      onClick={() => !unavailable && onChange(!checked)}
      className="group inline-flex h-6 w-9 shrink-0 items-center aria-disabled:cursor-not-allowed aria-disabled:opacity-60 pointer-coarse:h-11"
    >
      <span className="flex h-5 w-9 items-center rounded-full border border-line-strong bg-sunken px-0.5 transition-colors group-aria-checked:border-transparent group-aria-checked:bg-accent">
        <span className="size-3.5 rounded-full bg-muted transition-[translate] duration-100 group-aria-checked:translate-x-4 group-aria-checked:bg-on-accent" />
      </span>
    </button>
  );
}
