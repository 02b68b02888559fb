import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { App } from './app/App.tsx';
import { announceTransitions } from './state/announce.ts';
import { followUp } from './state/follow-up.ts';
import { takeGiven } from './state/given.ts';
import { keepHistory } from './state/history.ts';
import { connect } from './state/socket.ts';
import { dispatch } from './state/store.ts';
import './styles/index.css';

announceTransitions();
followUp();
keepHistory();

const given = takeGiven();
if (given) dispatch(given);

const root = document.getElementById('root');
if (root) {
  createRoot(root).render(
    <StrictMode>
      <App />
    </StrictMode>,
  );
}

// With something to show already, the first frame comes before the connection.
if (given && !document.hidden) requestAnimationFrame(() => setTimeout(connect));
else connect();
