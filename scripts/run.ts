/** Runs a program of node_modules/.bin, or of the path, with the terminal as its own. */

import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const ROOT = fileURLToPath(new URL('..', import.meta.url));
const BIN = join(ROOT, 'node_modules/.bin');

export function run(program: string, args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<number> {
  const own = join(BIN, program);
  return new Promise((resolve, reject) => {
    const child = spawn(existsSync(own) ? own : program, args, {
      cwd: ROOT,
      stdio: 'inherit',
      env: { ...process.env, PATH: `${BIN}${delimiter}${process.env.PATH ?? ''}`, ...env },
    });
    child.on('error', reject);
    child.on('exit', (status) => resolve(status ?? 1));
  });
}
