import type { ReactNode } from 'react';

/** A surface that holds things which belong together. */
export function Card({ className = '', children }: { className?: string; children: ReactNode }) {
  return <div className={`rounded-lg border border-line bg-surface shadow-(--shadow) ${className}`}>{children}</div>;
}
