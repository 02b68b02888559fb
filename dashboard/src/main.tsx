import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { App } from './app/App.tsx';
import { announceTransitions } from './state/announce.ts';
import { followUp } from './state/follow-up.ts';
import { keepHistory } from './state/history.ts';
import { connect } from './state/socket.ts';
import './styles/index.css';

announceTransitions();
followUp();
keepHistory();
connect();

const root = document.getElementById('root');
if (root) {
  createRoot(root).render(
    <StrictMode>
      <App />
    </StrictMode>,
  );
}
