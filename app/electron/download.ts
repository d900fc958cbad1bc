/** Fetching the runtime that the electron package belongs to, once, where its server can be reached within seconds. */

import { spawn } from 'node:child_process';
import { join } from 'node:path';

const PROBE_MS = 3_000;
const SERVER = 'https://github.com/electron/electron/releases/download/';

/** Why the server does not answer; null where it does. */
export async function unreachable(server: string = process.env.ELECTRON_MIRROR ?? SERVER): Promise<string | null> {
  try {
    await fetch(server, { method: 'HEAD', redirect: 'manual', signal: AbortSignal.timeout(PROBE_MS) });
    return null;
  } catch (thrown) {
    const cause = thrown instanceof Error && thrown.cause instanceof Error ? (thrown.cause as NodeJS.ErrnoException).code : undefined;
    const name = thrown instanceof Error && thrown.name === 'TimeoutError' ? `no answer in ${PROBE_MS / 1000} s` : (cause ?? 'no answer');
    return `${new URL(server).host}: ${name}`;
  }
}

/** Runs the installer of the electron package; its output goes to standard error. `false` where it failed. */
export function download(electronPackage: string, signal?: AbortSignal): Promise<boolean> {
  return new Promise((resolve) => {
    const installer = spawn(process.execPath, [join(electronPackage, 'install.js')], {
      stdio: ['ignore', process.stderr, process.stderr],
      ...(signal ? { signal } : {}),
    });
    installer.on('error', () => resolve(false));
    installer.on('exit', (status) => resolve(status === 0));
  });
}
