import { Component, type ReactNode } from 'react';
import { Button } from '@/components/Button.tsx';
import { EmptyState } from '@/components/EmptyState.tsx';

/** Keeps the frame of the page alive when a page fails, as when a newer server has other files. */
export class ErrorBoundary extends Component<{ children: ReactNode }, { failure: string | null }> {
  override state = { failure: null };

  static getDerivedStateFromError(thrown: unknown) {
    return { failure: thrown instanceof Error ? thrown.message : String(thrown) };
  }

  override render() {
    if (this.state.failure === null) return this.props.children;
    return (
      <div role="alert" className="pt-8">
        <EmptyState
          title="This page failed"
          action={
            <Button look="primary" onClick={() => window.location.reload()}>
              Reload
            </Button>
          }
        >
          <p className="break-words">{this.state.failure}</p>
        </EmptyState>
      </div>
    );
  }
}
