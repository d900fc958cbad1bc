/** The Electron program of the tests: the real shell with services from memory and a page of the tests. */

import { join } from 'node:path';
import { runShell } from '../../../app/electron/shell.ts';
import { projectRoot } from '../../../app/paths.ts';
import { memoryServices } from '../../support/memory-services.ts';

const services = memoryServices();
Object.assign(globalThis, { services });

void runShell({ openServices: async () => services, renderer: join(projectRoot(), 'tests/e2e/page') });
