import { Route, Switch } from 'wouter';
import { Layout } from './Layout.tsx';
import { NotFound } from './NotFound.tsx';
import { Overlays } from './Overlays.tsx';
import { pages } from './routes.tsx';
import { useOddities } from './useOddities.ts';
import { useShortcuts } from './useShortcuts.ts';
import { useTabState } from './useTabState.ts';

export function App() {
  useTabState();
  useOddities();
  const { overlay, open, close } = useShortcuts();
  return (
    <>
      <Layout onCommand={() => open('palette')}>
        <Switch>
          {pages.map(({ path, component }) => (
            <Route key={path} path={path} component={component} />
          ))}
          <Route component={NotFound} />
        </Switch>
      </Layout>
      <Overlays overlay={overlay} open={open} close={close} />
    </>
  );
}
