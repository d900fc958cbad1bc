/** After electron-builder copied the runtime: the program that a bare runtime would show is not part of ours. */

import { rmSync } from 'node:fs';
import { join } from 'node:path';
import type { AfterPackContext } from 'electron-builder';

export default function afterPack(context: AfterPackContext): void {
  rmSync(join(context.packager.getResourcesDir(context.appOutDir), 'default_app.asar'), { force: true });
}
