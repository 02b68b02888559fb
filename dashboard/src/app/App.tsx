import { Route, Switch } from 'wouter';
import { Layout } from './Layout.tsx';
import { NotFound } from './NotFound.tsx';
import { pages } from './routes.tsx';
import { useOddities } from './useOddities.ts';
import { useTabState } from './useTabState.ts';

export function App() {
  useTabState();
  useOddities();
  return (
    <Layout>
      <Switch>
        {pages.map(({ path, component }) => (
          <Route key={path} path={path} component={component} />
        ))}
        <Route component={NotFound} />
      </Switch>
    </Layout>
  );
}
