import { Unplug } from 'lucide-react';
import { useLive } from '@/state/store.ts';

/** That the page is not live any more. It lies over the page, so that nothing moves when it comes and goes. */
export function Banner() {
  const lost = useLive((state) => state.connection === 'reconnecting');
  return (
    <div role="alert" className="pointer-events-none absolute inset-x-0 top-2 z-30 flex justify-center px-3">
      {lost && (
        <p className="fade-in flex items-center gap-2 rounded-full border border-bad-fill bg-raised px-4 py-1.5 font-medium text-bad shadow-(--shadow-high)">
          <Unplug size={14} aria-hidden="true" />
          Disconnected. Reconnecting...
        </p>
      )}
    </div>
  );
}
