import { cleanup, render, screen, within } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { act } from 'react';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import type { Process } from '@/api/types.ts';
import { event, process, status } from '@/state/fixtures.ts';
import { initial } from '@/state/live.ts';
import { dispatch, live } from '@/state/store.ts';
import { useToasts } from '@/state/toasts.ts';
import { ProcessesPage } from './ProcessesPage.tsx';

type Answered = { body: unknown; status: number };

/** What is ordered by HTTP, and how the server answers each order in turn. */
let ordered: string[] = [];
let answers: Answered[] = [];

const server: typeof fetch = async (url, init) => {
  const { body, status } = (init?.method === 'POST' && answers.shift()) || { body: {}, status: 404 };
  if (init?.method === 'POST') ordered.push(String(url));
  return new Response(JSON.stringify(body), { status, headers: { 'content-type': 'application/json' } });
};

beforeEach(() => {
  live.setState(initial, true);
  useToasts.setState({ toasts: [] });
  [ordered, answers] = [[], []];
  vi.stubGlobal('fetch', server);
});

afterEach(() => {
  cleanup();
  vi.unstubAllGlobals();
});

function show(...processes: Process[]) {
  dispatch({ kind: 'status', source: 'fresh', status: status(processes, 1) });
  render(<ProcessesPage />);
}

const tell = (of: Process, seq: number) => act(() => dispatch({ kind: 'update', event: event(of, seq) }));
const row = (name: string) => within(screen.getByRole('article', { name }));
/** Orders leave with the frame that shows them. */
const arrived = (...paths: string[]) => vi.waitFor(() => expect(ordered).toEqual(paths));
const answer = (body: unknown, code = 200) => answers.push({ body, status: code });

it('has a row for each process, with its message, links and orders', () => {
  show(process('a', 'running'), process('b', 'stopped', { generation: 0 }));
  const a = row('The a');
  expect(a.getByText('Running :3001')).toBeTruthy();
  expect(a.getByRole('link', { name: 'Logs' }).getAttribute('href')).toBe('/logs?p=a');
  expect(a.getByRole('link', { name: 'The a' }).getAttribute('href')).toBe('/processes/a');
  expect(a.getByRole('link', { name: ':3001' })).toBeTruthy();
  for (const word of ['Start', 'Stop', 'Restart']) {
    expect(a.getByRole('button', { name: `${word} The a` }).textContent).toBe(word);
  }
  expect(row('The b').getByText('Not started yet')).toBeTruthy();
});

it('shows what was ordered at once, and what the server says as soon as it does', async () => {
  show(process('a', 'stopped'));
  answer(process('a', 'starting', { since: 2_000 }));
  await userEvent.click(screen.getByRole('button', { name: 'Start The a' }));
  expect(row('The a').getByText('Starting...')).toBeTruthy();
  await arrived('/api/processes/a/start');
  tell(process('a', 'error', { since: 3_000, message: 'Cannot start: x: not found' }), 2);
  expect(row('The a').getByText('Cannot start: x: not found')).toBeTruthy();
});

it('goes back to the truth when an order was refused, says why and offers to try again', async () => {
  show(process('a', 'running'));
  answer({ success: false, error: { message: 'The server is shutting down', type: 't', code: 'c' } }, 503);
  await userEvent.click(screen.getByRole('button', { name: 'Stop The a' }));
  await vi.waitFor(() => expect(useToasts.getState().toasts).toHaveLength(1));
  expect(row('The a').getByText('Running :3001')).toBeTruthy();
  const [toast] = useToasts.getState().toasts;
  expect(toast?.text).toBe('Could not stop The a: The server is shutting down');
  expect(toast?.action?.label).toBe('Retry');
});

it('lets Stop through while it starts, and says why Start waits', async () => {
  show(process('a', 'starting'));
  const start = screen.getByRole('button', { name: 'Start The a' });
  expect(start.getAttribute('aria-disabled')).toBe('true');
  expect(document.getElementById(start.getAttribute('aria-describedby') ?? '')?.textContent).toContain(
    'starting already',
  );
  await userEvent.click(start);
  expect(ordered).toEqual([]);
  answer(process('a', 'stopping', { since: 2_000 }));
  await userEvent.click(screen.getByRole('button', { name: 'Stop The a' }));
  expect(row('The a').getByText('Stopping...')).toBeTruthy();
  await arrived('/api/processes/a/stop');
});

it('greys what it knew last while the connection is lost, and orders nothing', async () => {
  show(process('a', 'running'));
  act(() => dispatch({ kind: 'connection', connection: 'reconnecting' }));
  expect(row('The a').getByText('Last known:')).toBeTruthy();
  await userEvent.click(screen.getByRole('button', { name: 'Stop The a' }));
  await userEvent.click(screen.getByRole('button', { name: 'Stop all' }));
  expect(ordered).toEqual([]);
});

it('shows the last words of one that failed', async () => {
  const output = [
    { stream: 'stdout' as const, text: 'first' },
    { stream: 'stderr' as const, text: 'last' },
  ];
  show(process('a', 'error', { output }));
  expect(row('The a').getByText('last')).toBeTruthy();
  await userEvent.click(screen.getByRole('button', { name: 'Show output of The a' }));
  expect(row('The a').getByText(/first\s+last/)).toBeTruthy();
});

it('orders several that were chosen', async () => {
  show(process('a', 'stopped'), process('b', 'running'), process('c', 'stopped'));
  for (const id of ['a', 'b', 'c']) {
    answer(process(id, 'starting'));
    await userEvent.click(screen.getByRole('checkbox', { name: `Select The ${id}` }));
  }
  await userEvent.click(screen.getByRole('button', { name: 'Start selected' }));
  await arrived('/api/processes/a/start', '/api/processes/c/start');
});

it('is used by keys alone', async () => {
  show(process('a', 'running'), process('b', 'running'));
  answer(process('b', 'stopping', { since: 2_000 }));
  await userEvent.keyboard('jjx');
  await arrived('/api/processes/b/stop');
  expect(row('The b').getByText('Stopping...')).toBeTruthy();
  await userEvent.keyboard('k');
  expect(document.activeElement).toBe(screen.getByRole('article', { name: 'The a' }));
});

it('says what to do where there are no processes', () => {
  show();
  expect(screen.getByText('No processes yet. Add one to signalbox.toml.')).toBeTruthy();
});

it('shows a state that it does not know as it was said', () => {
  show(process('a', 'paused' as Process['state'], { message: 'Paused' }));
  expect(row('The a').getByText('Paused')).toBeTruthy();
  expect(screen.getByRole('button', { name: 'Stop The a' }).getAttribute('aria-disabled')).toBeNull();
});
