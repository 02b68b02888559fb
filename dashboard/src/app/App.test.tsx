import { cleanup, render, screen, within } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { act } from 'react';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { announceTransitions, useAnnouncements } from '@/state/announce.ts';
import { event, process, status } from '@/state/fixtures.ts';
import { initial } from '@/state/live.ts';
import { dispatch, live } from '@/state/store.ts';
import { App } from './App.tsx';

let stopAnnouncing = () => {};

beforeEach(() => {
  window.history.replaceState(null, '', '/');
  document.head.innerHTML = '<link rel="icon" href="x">';
  live.setState(initial, true);
  useAnnouncements.setState({ said: [] });
  stopAnnouncing = announceTransitions();
});

afterEach(() => {
  stopAnnouncing();
  cleanup();
});

const known = (...processes: ReturnType<typeof process>[]) =>
  dispatch({ kind: 'status', source: 'fresh', status: status(processes, 1) });
const bar = () => within(screen.getByRole('region', { name: 'Status' }));

it('shows the primary process in the status bar, and the connection', () => {
  known(process('providerRouter', 'starting'), process('b', 'error'));
  render(<App />);
  expect(screen.getByRole('status').textContent).toBe('Starting...');
  expect(bar().getByText('Live')).toBeTruthy();
  expect(bar().getByText('No credentials')).toBeTruthy();
  act(() => dispatch({ kind: 'update', event: event(process('providerRouter', 'running', { since: 2_000 }), 2) }));
  expect(screen.getByRole('status').textContent).toBe('The b: Process exited with code 1');
});

it('says that it is disconnected: banner, status bar, title and icon', () => {
  known(process('a', 'running'));
  render(<App />);
  expect(document.title).toBe('● 1/1 Processes · Signalbox');
  const icon = document.querySelector<HTMLLinkElement>('link[rel="icon"]')?.href;
  act(() => dispatch({ kind: 'connection', connection: 'reconnecting' }));
  expect(screen.getByText('Disconnected. Reconnecting...')).toBeTruthy();
  expect(bar().getByText('Reconnecting...')).toBeTruthy();
  expect(document.title).toContain('Disconnected');
  expect(document.querySelector<HTMLLinkElement>('link[rel="icon"]')?.href).not.toBe(icon);
  act(() => known(process('a', 'running')));
  expect(screen.queryByText('Disconnected. Reconnecting...')).toBeNull();
});

it('announces each transition once, errors at once', () => {
  known(process('a', 'stopped'));
  render(<App />);
  const starting = event(process('a', 'starting', { since: 2_000 }), 2);
  act(() => dispatch({ kind: 'update', event: starting }));
  act(() => dispatch({ kind: 'update', event: starting }));
  act(() => dispatch({ kind: 'update', event: event(process('a', 'error', { since: 3_000 }), 3) }));
  const heard = (where: string) => [...document.querySelectorAll(`[${where}] p`)].map((text) => text.textContent);
  expect(heard('data-announcements')).toEqual(['The a: Starting...']);
  expect(heard('data-alarms')).toEqual(['The a: Process exited with code 1']);
});

it('asks for the token, and says when it was wrong', () => {
  render(<App />);
  act(() => dispatch({ kind: 'connection', connection: 'token' }));
  expect(screen.getByLabelText('Token').getAttribute('type')).toBe('password');
  act(() => dispatch({ kind: 'connection', connection: 'token', tokenError: 'This is not the token of this server.' }));
  expect(screen.getByText('This is not the token of this server.')).toBeTruthy();
});

it('says that there is no such page', () => {
  window.history.replaceState(null, '', '/nothing/here');
  render(<App />);
  expect(screen.getByText('There is no page /nothing/here')).toBeTruthy();
  expect(document.title).toContain('No such page');
});

it('goes to a page by its keys', async () => {
  window.history.replaceState(null, '', '/nothing');
  render(<App />);
  await userEvent.keyboard('gp');
  expect(window.location.pathname).toBe('/');
});
