import { Route, Switch } from 'wouter';
import { Layout } from './Layout.tsx';
import { NotFound } from './NotFound.tsx';
import { Overlays } from './Overlays.tsx';
import { pages } from './routes.tsx';
import { useKeptFocus } from './useKeptFocus.ts';
import { useOddities } from './useOddities.ts';
import { usePreload } from './usePreload.ts';
import { useShortcuts } from './useShortcuts.ts';
import { useTabState } from './useTabState.ts';

export function App() {
  const { overlay, open, close } = useShortcuts();
  return (
    <>
      <Watch />
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

/** What follows every event and shows nothing: apart, so that the page around it need not be rendered for that. */
function Watch() {
  useTabState();
  useOddities();
  useKeptFocus();
  usePreload();
  return null;
}
