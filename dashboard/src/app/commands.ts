// What the palette offers: pages, orders, views of processes.
import { order, orderAll } from '@/state/actions.ts';
import type { Order } from '@/state/live.ts';
import { refusalOf, refusalOfAll, type View } from '@/state/select.ts';
import { live } from '@/state/store.ts';
import { chooseTheme, type Theme } from '@/state/theme.ts';
import { pages } from './routes.tsx';

export type Command = { title: string; group: 'Pages' | 'Processes' | 'Orders' | 'Page'; run: () => void };

type Means = { navigate: (to: string) => void; openHelp: () => void };

export function commandsFor(views: readonly View[], means: Means): Command[] {
  return [...pageCommands(means), ...orderCommands(views), ...processCommands(views, means), ...ownCommands(means)];
}

/** Those whose title has all the words. */
export function matching(commands: readonly Command[], text: string): Command[] {
  const words = text.toLowerCase().split(/\s+/).filter(Boolean);
  return commands.filter(({ title }) => words.every((word) => title.toLowerCase().includes(word)));
}

function pageCommands({ navigate }: Means): Command[] {
  const listed = pages.filter((page) => page.icon);
  return [
    ...listed.map(
      ({ title, path }): Command => ({ title: `Go to ${title}`, group: 'Pages', run: () => navigate(path) }),
    ),
    { title: 'Go to failed requests', group: 'Pages', run: () => navigate('/requests?outcome=failed') },
    { title: 'Go to requests in flight', group: 'Pages', run: () => navigate('/requests?outcome=in_flight') },
  ];
}

const WORDS: Record<Order, string> = { start: 'Start', stop: 'Stop', restart: 'Restart' };
const ALL = { start: 'Start all', stop: 'Stop all' } as const;

/** Only what can be ordered now. */
function orderCommands(views: readonly View[]): Command[] {
  const { connection } = live.getState();
  const all = (['start', 'stop'] as const).flatMap((want): Command[] => {
    if (refusalOfAll(want, views, connection) !== null) return [];
    return [{ title: ALL[want], group: 'Orders', run: () => void orderAll(want) }];
  });
  const each = views.flatMap((view) =>
    (['start', 'stop', 'restart'] as const).flatMap((want): Command[] => {
      const { id, title } = view.process;
      if (refusalOf(want, view, connection) !== null) return [];
      return [{ title: `${WORDS[want]} ${title}`, group: 'Orders', run: () => void order(id, want) }];
    }),
  );
  return [...all, ...each];
}

function processCommands(views: readonly View[], { navigate }: Means): Command[] {
  return views.flatMap(({ process: { id, title } }): Command[] => [
    { title: `Open ${title}`, group: 'Processes', run: () => navigate(`/processes/${encodeURIComponent(id)}`) },
    { title: `Logs of ${title}`, group: 'Processes', run: () => navigate(`/logs?p=${encodeURIComponent(id)}`) },
  ]);
}

const THEMES: Record<Theme, string> = { system: 'as the system', light: 'light', dark: 'dark' };

function ownCommands({ openHelp }: Means): Command[] {
  const themes = (Object.keys(THEMES) as Theme[]).map(
    (theme): Command => ({ title: `Theme: ${THEMES[theme]}`, group: 'Page', run: () => chooseTheme(theme) }),
  );
  return [...themes, { title: 'Keyboard shortcuts', group: 'Page', run: openHelp }];
}
