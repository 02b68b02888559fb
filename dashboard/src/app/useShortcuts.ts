import { useEffect, useState } from 'react';
import { useLocation } from 'wouter';
import { isTyping } from '@/components/keys.ts';
import { pages } from './routes.tsx';

export type Overlay = 'palette' | 'help';

/** After `g`, where to. */
const PLACES: Record<string, string> = {
  p: '/',
  l: '/logs',
  o: '/providers',
  m: '/models',
  q: '/requests',
  c: '/chat',
  s: '/settings',
};

/** The pages that there are, with the key that goes there after `g`. */
export function placesByKey(): { key: string; path: string; title: string }[] {
  return Object.entries(PLACES).flatMap(([key, path]) => {
    const page = pages.find((each) => each.path === path);
    return page ? [{ key, path, title: page.title }] : [];
  });
}

/** How long `g` waits for the second key. */
const SECOND_KEY_MS = 1_500;

/** The shortcuts that hold on every page, and which overlay they have opened. */
export function useShortcuts() {
  const [overlay, setOverlay] = useState<Overlay | null>(null);
  const [, navigate] = useLocation();
  useEffect(() => {
    let armedUntil = 0;
    const onKeyDown = (event: KeyboardEvent) => {
      if (opensPalette(event)) {
        event.preventDefault();
        setOverlay('palette');
        return;
      }
      if (isTyping(event) || event.ctrlKey || event.metaKey || event.altKey || isInDialog(event)) return;
      if (event.key === '?') setOverlay('help');
      const place = armedUntil > event.timeStamp ? placesByKey().find(({ key }) => key === event.key) : undefined;
      armedUntil = event.key === 'g' ? event.timeStamp + SECOND_KEY_MS : 0;
      if (!place) return;
      // The second key is not also a shortcut of the page that is left.
      event.stopPropagation();
      navigate(place.path);
    };
    document.addEventListener('keydown', onKeyDown, true);
    return () => document.removeEventListener('keydown', onKeyDown, true);
  }, [navigate]);
  return { overlay, open: setOverlay, close: () => setOverlay(null) };
}

const opensPalette = (event: KeyboardEvent) =>
  event.key.toLowerCase() === 'k' && (event.ctrlKey || event.metaKey) && !event.altKey && !event.shiftKey;

const isInDialog = ({ target }: KeyboardEvent) => target instanceof Element && target.closest('dialog') !== null;
