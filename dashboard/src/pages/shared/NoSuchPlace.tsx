import type { ReactNode } from 'react';
import { Link } from 'wouter';
import { EmptyState } from '@/components/EmptyState.tsx';
import { PageHeader } from '@/components/PageHeader.tsx';

/** The address names what is not there: said, with the way back. */
export function NoSuchPlace({ title, words, children }: { title: string; words: string; children?: ReactNode }) {
  const back = (
    <Link href="/" className="font-medium text-accent hover:underline">
      Go to Processes
    </Link>
  );
  return (
    <>
      <PageHeader title={title} />
      <EmptyState title={words} action={back}>
        {children}
      </EmptyState>
    </>
  );
}
