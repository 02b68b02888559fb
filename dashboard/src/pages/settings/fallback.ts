// The order in which providers are tried. Pure.
import type { Provider, Settings } from '@/api/types.ts';

/** The ids that were chosen, without those of providers that are gone; null: all, by priority. */
export function orderOf(settings: Settings | null, providers: readonly Provider[]): readonly string[] | null {
  const order = settings?.fallback_order;
  if (!Array.isArray(order)) return null;
  const known = new Set(providers.map(({ id }) => id));
  return order.filter((id): id is string => typeof id === 'string' && known.has(id));
}

/** As the router has it where nobody chose an order. */
export function byPriority(providers: readonly Provider[]): readonly string[] {
  const enabled = providers.filter((provider) => provider.enabled);
  return [...enabled].sort((a, b) => b.priority - a.priority).map(({ id }) => id);
}

/** With this one a place further up, -1, or down, 1. */
export function moved(order: readonly string[], id: string, by: -1 | 1): readonly string[] {
  const at = order.indexOf(id);
  const to = at + by;
  if (at < 0 || to < 0 || to >= order.length) return order;
  const others = order.filter((other) => other !== id);
  return [...others.slice(0, to), id, ...others.slice(to)];
}
