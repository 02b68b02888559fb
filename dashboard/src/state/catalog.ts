// What people do to providers, models and credentials. What became of it comes as an event, to all tabs alike.
// All of these throw a `Failure`.
import { call } from '@/api/client.ts';
import type { ModelChange, NewModel, NewProvider, NewQwenCredentials, Provider, ProviderChange } from '@/api/types.ts';
import { dispatch, live } from './store.ts';

export const createProvider = (body: NewProvider) => call('post', '/api/providers', { body });

export const updateProvider = (id: string, body: ProviderChange) =>
  call('put', '/api/providers/{id}', { params: { id }, body });

export const deleteProvider = (id: string) => call('delete', '/api/providers/{id}', { params: { id } });

export async function enableProvider(id: string, enabled: boolean): Promise<void> {
  learn(await call('post', `/api/providers/{id}/${enabled ? 'enable' : 'disable'}`, { params: { id } }));
}

export const createModel = (body: NewModel) => call('post', '/api/models', { body });

export const updateModel = (id: string, body: ModelChange) => call('put', '/api/models/{id}', { params: { id }, body });

export const deleteModel = (id: string) => call('delete', '/api/models/{id}', { params: { id } });

export const readCredentials = (signal: AbortSignal) => call('get', '/api/qwen/credentials', { signal });

export const setCredentials = (body: NewQwenCredentials) => call('post', '/api/qwen/credentials', { body });

export const deleteCredentials = () => call('delete', '/api/qwen/credentials');

/** An answer may come before the event that says the same; it is taken unless something newer is known. */
function learn(provider: Provider): void {
  const { providers } = live.getState();
  const known = providers.items.find(({ id }) => id === provider.id);
  if (!known || known.updatedAt > provider.updatedAt) return;
  const items = providers.items.map((each) => (each.id === provider.id ? provider : each));
  const enabled = items.filter((each) => each.enabled).length;
  dispatch({ kind: 'providers', items, total: items.length, enabled });
}
