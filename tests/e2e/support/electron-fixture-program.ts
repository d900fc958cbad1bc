/** The Electron program with the built console and an invented desk behind it. */

import { runShell } from '../../../app/electron/shell.ts';
import { createFixture } from '../../../renderer/testing/fixture.ts';
import { bridgeServices } from '../../support/bridge-services.ts';

void runShell({ openServices: async () => bridgeServices(createFixture('crashed')) });
