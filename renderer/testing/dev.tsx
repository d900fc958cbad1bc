/** The console on the fixture, for looking at it: `dev.html?variant=crashed&screen=restart&theme=light&time=relative&by=trader-1`. */

import { createRoot } from 'react-dom/client';
import { App } from '../App.tsx';
import { TIME_MODES } from '../format/time.ts';
import { createConsole } from '../store/console.ts';
import { THEMES } from '../store/slices/preferences.ts';
import { SCREENS } from '../store/slices/shell.ts';
import '../styles/console.css';
import { createFixture, VARIANTS } from './fixture.ts';

const query = new URLSearchParams(window.location.search);
const choice = <T extends string>(name: string, options: readonly T[]): T | undefined =>
  options.find((option) => option === query.get(name));

const object = createConsole({ bridge: createFixture(choice('variant', VARIANTS) ?? 'crashed'), storage: null, clock: () => Date.now() });
object.actions.prefer({ theme: choice('theme', THEMES) ?? 'dark', timeMode: choice('time', TIME_MODES) ?? 'utc' });
object.actions.openScreen(choice('screen', SCREENS) ?? 'restart');
object.actions.actAs(query.get('by'));
object.start();
Object.assign(window, { consoleObject: object });
createRoot(document.getElementById('root')!).render(<App console={object} />);
