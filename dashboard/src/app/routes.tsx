// The pages: each one is a line here. What is listed in the rail has an icon; every page but the first is loaded when
// there is nothing else to do, when the pointer comes near its link, or when it is first gone to.
import {
  Activity,
  ArrowLeftRight,
  Box,
  type LucideIcon,
  MessageSquare,
  Plug,
  ScrollText,
  Settings,
} from 'lucide-react';
import { type ComponentType, lazy } from 'react';
import { ProcessesPage } from '@/pages/processes/ProcessesPage.tsx';
import { noteUnfetched } from './unfetched.ts';

export type Page = {
  path: string;
  title: string;
  /** Listed in the rail with it. */
  icon?: LucideIcon;
  component: ComponentType;
  /** Loads it ahead; never fails. */
  preload?: () => Promise<void>;
};

export const pages: readonly Page[] = [
  { path: '/', title: 'Processes', icon: Activity, component: ProcessesPage },
  later('/processes/:id', 'Process', () =>
    import('@/pages/process/ProcessPage.tsx').then((module) => module.ProcessPage),
  ),
  later('/logs', 'Logs', () => import('@/pages/logs/LogsPage.tsx').then((module) => module.LogsPage), ScrollText),
  later(
    '/providers',
    'Providers',
    () => import('@/pages/providers/ProvidersPage.tsx').then((module) => module.ProvidersPage),
    Plug,
  ),
  later('/models', 'Models', () => import('@/pages/models/ModelsPage.tsx').then((module) => module.ModelsPage), Box),
  later(
    '/requests',
    'Requests',
    () => import('@/pages/requests/RequestsPage.tsx').then((module) => module.RequestsPage),
    ArrowLeftRight,
  ),
  later('/chat', 'Chat', () => import('@/pages/chat/ChatPage.tsx').then((module) => module.ChatPage), MessageSquare),
  later(
    '/settings',
    'Settings',
    () => import('@/pages/settings/SettingsPage.tsx').then((module) => module.SettingsPage),
    Settings,
  ),
];

function later(path: string, title: string, load: () => Promise<ComponentType>, icon?: LucideIcon): Page {
  const component = lazy(async () => ({ default: await load().catch(noteUnfetched) }));
  const preload = async () => void (await load().catch(() => {}));
  return { path, title, component, preload, ...(icon ? { icon } : {}) };
}
