import { Link, useLocation } from 'wouter';
import { EmptyState } from '@/components/EmptyState.tsx';
import { PageHeader } from '@/components/PageHeader.tsx';

export function NotFound() {
  const [location] = useLocation();
  return (
    <>
      <PageHeader title="No such page" />
      <EmptyState
        title={`There is no page ${location}`}
        action={
          <Link href="/" className="font-medium text-accent hover:underline">
            Go to Processes
          </Link>
        }
      >
        The address may be mistyped, or from another version of Signalbox.
      </EmptyState>
    </>
  );
}
