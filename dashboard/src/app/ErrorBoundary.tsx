import { Component, type ReactNode, useEffect } from 'react';
import { Button } from '@/components/Button.tsx';
import { EmptyState } from '@/components/EmptyState.tsx';
import { useReturned } from './unfetched.ts';

/** Keeps the frame of the page alive when a page fails, as when a newer server has other files. */
export class ErrorBoundary extends Component<{ children: ReactNode }, { failure: string | null }> {
  override state = { failure: null };

  static getDerivedStateFromError(thrown: unknown) {
    return { failure: thrown instanceof Error ? thrown.message : String(thrown) };
  }

  override render() {
    return this.state.failure === null ? this.props.children : <Failed why={this.state.failure} />;
  }
}

const reload = () => window.location.reload();

/** Where it failed for want of a connection, it goes away with that. */
function Failed({ why }: { why: string }) {
  const returned = useReturned();
  useEffect(() => {
    if (returned) reload();
  }, [returned]);
  return (
    <div role="alert" className="pt-8">
      <EmptyState
        title="This page failed"
        action={
          <Button look="primary" onClick={reload}>
            Reload
          </Button>
        }
      >
        <p className="break-words">{why}</p>
      </EmptyState>
    </div>
  );
}
