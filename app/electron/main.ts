/** The entry of the Electron program. */

import '../bundled.ts';
import { openServices } from '../open-services.ts';
import { runShell } from './shell.ts';

// Not awaited: the app is ready only after this module was loaded.
void runShell({ openServices });
