/** The Electron program, from the moment on which the app is prepared. */

import '../bundled.ts';
import { openServices } from '../open-services.ts';
import { runShell } from './shell.ts';

void runShell({ openServices });
