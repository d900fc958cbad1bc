/**
 * What a test starts in place of the program: holds the app back until the test is attached to it, then runs the program itself.
 * playwright has a loader for that, but loads it only into an Electron that it finds by itself.
 */

'use strict';
const { dirname, join } = require('node:path');

require(join(dirname(require.resolve('playwright-core')), 'lib/server/electron/loader.js'));
require(process.env.REARM_E2E_MAIN);
