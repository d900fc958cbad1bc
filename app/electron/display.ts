/** A display without a screen (Xvfb), for tests and pictures: the window is real, nobody sees it. */

import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';

const XVFB = '/usr/bin/Xvfb';

export interface VirtualDisplay {
  /** For example `:99`. */
  readonly name: string;
  stop(): Promise<void>;
}

export const hasVirtualDisplay = (): boolean => existsSync(XVFB);

/** Whether a window of this process can be seen by a person. */
export const hasDisplay = (): boolean =>
  process.platform === 'darwin' || process.platform === 'win32' || Boolean(process.env.DISPLAY || process.env.WAYLAND_DISPLAY);

/** The server chooses its own number, so that any number of them run side by side. */
export function startVirtualDisplay(): Promise<VirtualDisplay> {
  return new Promise((resolve, reject) => {
    const server = spawn(XVFB, ['-displayfd', '3', '-screen', '0', '1920x1080x24', '-nolisten', 'tcp'], {
      stdio: ['ignore', 'ignore', 'ignore', 'pipe'],
    });
    const gone = new Promise<void>((over) => server.once('exit', () => over()));
    server.once('error', reject);
    server.once('exit', (status) => reject(new Error(`Xvfb ended with status ${status}`)));
    server.stdio[3]?.once('data', (number: Buffer) =>
      resolve({
        name: `:${number.toString().trim()}`,
        stop: () => {
          server.kill('SIGTERM');
          return gone;
        },
      }),
    );
  });
}
