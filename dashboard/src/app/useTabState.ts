import { useEffect, useRef, useState } from 'react';
import { matchRoute, useLocation, useRouter } from 'wouter';
import type { Connection } from '@/state/live.ts';
import { isLastKnown, overallOf, type View } from '@/state/select.ts';
import { useLive } from '@/state/store.ts';
import { useViews } from '@/state/views.ts';
import { pages } from './routes.tsx';

/** The tab's title and icon say how things are while another tab is looked at. */
export function useTabState(): void {
  const views = useViews();
  const connection = useLive((state) => state.connection);
  const page = usePageTitle();
  const sign = signOf(views, connection);
  const calm = useCalm(sign);
  const { mark, colour } = connection === 'live' ? calm : sign;
  useEffect(() => {
    document.title = [mark, page, '·', 'Signalbox'].filter(Boolean).join(' ');
  }, [mark, page]);
  useEffect(() => {
    const link = document.querySelector<HTMLLinkElement>('link[rel="icon"]');
    if (link) link.href = iconOf(colour);
  }, [colour]);
}

type Sign = { mark: string; colour: string };

/** A browser draws its own window anew for each title and icon, which costs it more than the page costs us. */
const PAUSE_MS = 500;

/** The sign as it is, at once; but where it keeps changing, only as it is twice a second. */
function useCalm(sign: Sign): Sign {
  const [calm, setCalm] = useState(sign);
  const last = useRef(0);
  const { mark, colour } = sign;
  useEffect(() => {
    const show = () => {
      last.current = performance.now();
      setCalm((before) => (before.mark === mark && before.colour === colour ? before : { mark, colour }));
    };
    const wait = last.current + PAUSE_MS - performance.now();
    if (wait <= 0) return show();
    const timer = setTimeout(show, wait);
    return () => clearTimeout(timer);
  }, [mark, colour]);
  return calm;
}

const GREY = '#8a8f9c';

export function signOf(views: readonly View[], connection: Connection): Sign {
  if (connection === 'reconnecting') return { mark: 'Disconnected ·', colour: GREY };
  if (isLastKnown({ connection }) || views.length === 0) return { mark: '', colour: GREY };
  const running = views.filter((view) => view.state === 'running').length;
  const count = `${running}/${views.length}`;
  if (views.some((view) => view.state === 'error')) return { mark: `▲ ${count}`, colour: '#e5484d' };
  const signs: Record<ReturnType<typeof overallOf>, Sign> = {
    starting: { mark: `◐ ${count}`, colour: '#f5a524' },
    stopping: { mark: `◐ ${count}`, colour: '#f5a524' },
    running: { mark: `● ${count}`, colour: '#30a46c' },
    partial: { mark: `◒ ${count}`, colour: '#30a46c' },
    error: { mark: `▲ ${count}`, colour: '#e5484d' },
    stopped: { mark: `○ ${count}`, colour: GREY },
  };
  return signs[overallOf(views)];
}

function iconOf(colour: string): string {
  const shapes = `<rect width="32" height="32" rx="8" fill="#1d1f27"/><circle cx="16" cy="16" r="8" fill="${colour}"/>`;
  return `data:image/svg+xml,${encodeURIComponent(`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32">${shapes}</svg>`)}`;
}

function usePageTitle(): string {
  const { parser } = useRouter();
  const [location] = useLocation();
  const processes = useLive((state) => state.processes);
  for (const page of pages) {
    const [matches, params] = matchRoute(parser, page.path, location);
    if (matches) return processes[(params as Record<string, string | undefined>).id ?? '']?.title ?? page.title;
  }
  return 'No such page';
}
