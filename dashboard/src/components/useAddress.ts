import { useMemo } from 'react';
import { useSearchParams } from 'wouter';

/**
 * What the page's address asks for, and what changes both; `push`, so that the browser's Back undoes that. `read` and
 * `write` belong to a module, not to a component.
 */
export function useAddress<A>(read: (search: URLSearchParams) => A, write: (address: A) => Record<string, string>) {
  const [search, setSearch] = useSearchParams();
  const address = useMemo(() => read(search), [read, search]);
  const change = (news: Partial<A>, push = false) =>
    setSearch((now) => write({ ...read(now), ...news }), { replace: !push });
  return [address, change] as const;
}
