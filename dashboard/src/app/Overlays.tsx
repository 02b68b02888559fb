import { lazy, Suspense } from 'react';
import type { Overlay } from './useShortcuts.ts';

const Palette = lazy(() => import('./Palette.tsx'));
const Help = lazy(() => import('./Help.tsx'));

type Props = { overlay: Overlay | null; open: (overlay: Overlay) => void; close: () => void };

/** What lies over the page; loaded when it is first asked for. */
export function Overlays({ overlay, open, close }: Props) {
  return (
    <Suspense fallback={null}>
      {overlay === 'palette' && <Palette onClose={close} onHelp={() => open('help')} />}
      {overlay === 'help' && <Help onClose={close} />}
    </Suspense>
  );
}
