import { type ReactNode, type RefObject, Suspense, useEffect, useRef } from 'react';
import { useLocation } from 'wouter';
import { Toasts } from '@/components/Toasts.tsx';
import { useLive } from '@/state/store.ts';
import { Banner } from './Banner.tsx';
import { ErrorBoundary } from './ErrorBoundary.tsx';
import { LiveRegion } from './LiveRegion.tsx';
import { Rail } from './Rail.tsx';
import { StatusBar } from './StatusBar.tsx';
import { TokenForm } from './TokenForm.tsx';

/** Rail, page and status bar: beside each other, or one above the other where it is narrow. Only the page scrolls. */
export function Layout({ onCommand, children }: { onCommand: () => void; children: ReactNode }) {
  const [location] = useLocation();
  const main = useRef<HTMLElement>(null);
  useFocusOnMove(main, location);
  return (
    <div className="grid h-dvh grid-cols-[minmax(0,1fr)] grid-rows-[minmax(0,1fr)_auto_auto] overflow-hidden md:grid-cols-[auto_minmax(0,1fr)] md:grid-rows-[minmax(0,1fr)_auto]">
      <a
        href="#page"
        className="absolute -top-20 left-2 z-50 rounded-md bg-raised px-3 py-2 font-medium shadow-(--shadow-high) focus:top-2"
      >
        Skip to the page
      </a>
      <Rail onCommand={onCommand} />
      <div className="relative row-start-1 flex min-h-0 min-w-0 flex-col md:col-start-2">
        <Banner />
        <main id="page" ref={main} tabIndex={-1} className="min-h-0 grow overflow-y-auto [scrollbar-gutter:stable]">
          <div className="mx-auto flex min-h-full max-w-6xl flex-col px-4 py-5 md:px-8 md:py-6">
            <Guarded location={location}>{children}</Guarded>
          </div>
        </main>
      </div>
      <StatusBar />
      <Toasts />
      <LiveRegion />
    </div>
  );
}

/** The page itself, unless the server wants its token first. */
function Guarded({ location, children }: { location: string; children: ReactNode }) {
  const locked = useLive((state) => state.connection === 'token');
  if (locked) return <TokenForm />;
  return (
    <ErrorBoundary key={location}>
      <Suspense fallback={null}>{children}</Suspense>
    </ErrorBoundary>
  );
}

/** Who goes to another page by keyboard or by ear begins at its top. */
function useFocusOnMove(main: RefObject<HTMLElement | null>, location: string) {
  const last = useRef(location);
  useEffect(() => {
    if (last.current === location) return;
    last.current = location;
    if (main.current) main.current.scrollTop = 0;
    main.current?.focus({ preventScroll: true });
  }, [main, location]);
}
