/** Entry: take the bridge that the host gave, build the console, show it. */

import { createRoot } from 'react-dom/client';
import { App } from './App.tsx';
import { createConsole } from './store/console.ts';
import './styles/console.css';

const root = document.getElementById('root');
const bridge = window.rearm;

if (root && bridge) {
  const object = createConsole({ bridge, storage: window.localStorage, clock: () => Date.now() });
  object.start();
  createRoot(root).render(<App console={object} />);
} else if (root) {
  root.textContent = 'Rearm: this page was opened without its host. Start it with "rearm open STORE" or "rearm serve STORE".';
}
