import { Dialog } from '@/components/Dialog.tsx';
import { placesByKey } from './useShortcuts.ts';

type Shortcut = { keys: readonly string[]; does: string };

const EVERYWHERE: readonly Shortcut[] = [
  { keys: ['Ctrl', 'K'], does: 'Command palette' },
  { keys: ['?'], does: 'This sheet' },
  { keys: ['Esc'], does: 'Close' },
];

const PROCESSES: readonly Shortcut[] = [
  { keys: ['j'], does: 'Next process' },
  { keys: ['k'], does: 'Previous process' },
  { keys: ['Enter'], does: 'Open it' },
  { keys: ['s'], does: 'Start it' },
  { keys: ['x'], does: 'Stop it' },
  { keys: ['r'], does: 'Restart it' },
  { keys: ['l'], does: 'Its logs' },
];

const LOGS: readonly Shortcut[] = [
  { keys: ['/'], does: 'Search' },
  { keys: ['Enter'], does: 'Older match, while finding' },
  { keys: ['Shift', 'Enter'], does: 'Newer match, while finding' },
];

const IN_OUTPUT: readonly Shortcut[] = [
  { keys: ['p'], does: 'Pause, and resume' },
  { keys: ['n'], does: 'Older match' },
  { keys: ['N'], does: 'Newer match' },
  { keys: ['w'], does: 'Wrap long lines' },
  { keys: ['t'], does: 'Times' },
];

const REQUESTS: readonly Shortcut[] = [
  { keys: ['/'], does: 'Search' },
  { keys: ['j'], does: 'Next, older request' },
  { keys: ['k'], does: 'Previous, newer request' },
  { keys: ['Enter'], does: 'Its details' },
  { keys: ['p'], does: 'Pause, and resume' },
];

/** Every shortcut. None of them is the only way. */
export default function Help({ onClose }: { onClose: () => void }) {
  const places = placesByKey().map(({ key, title }) => ({ keys: ['g', key], does: `Go to ${title}` }));
  return (
    <Dialog reading title="Keyboard shortcuts" onClose={onClose} wide>
      <div className="grid gap-x-10 gap-y-6 sm:grid-cols-2">
        <div className="flex flex-col gap-6">
          <Group title="Everywhere" shortcuts={[...EVERYWHERE, ...places]} />
          <Group title="Requests" shortcuts={REQUESTS} />
        </div>
        <div className="flex flex-col gap-6">
          <Group title="Processes" shortcuts={PROCESSES} />
          <Group title="Logs" shortcuts={LOGS} />
          <Group title="In the output" shortcuts={IN_OUTPUT} />
        </div>
      </div>
    </Dialog>
  );
}

function Group({ title, shortcuts }: { title: string; shortcuts: readonly Shortcut[] }) {
  return (
    <section>
      <h3 className="pb-1 text-xs font-medium text-muted">{title}</h3>
      <dl>
        {shortcuts.map(({ keys, does }) => (
          <div key={does} className="flex h-8 items-center justify-between gap-4">
            <dt>{does}</dt>
            <dd className="flex gap-1">
              {keys.map((key) => (
                <kbd
                  key={key}
                  className="min-w-6 rounded border border-line-strong bg-sunken px-1.5 text-center font-sans text-xs leading-5"
                >
                  {key}
                </kbd>
              ))}
            </dd>
          </div>
        ))}
      </dl>
    </section>
  );
}
