/**
 * The entry of the Electron program. Bundled as CommonJS, so that what must happen before the app is ready has happened; the program
 * itself is an ES module beside it, for libraries that cannot be required.
 */

import { app } from 'electron';
import { prepare } from './prepare.ts';

const PROGRAM = './program.js';

prepare(app);
import(PROGRAM).catch((thrown: unknown) => {
  console.error(thrown);
  app.exit(1);
});
