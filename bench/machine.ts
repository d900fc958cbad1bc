/** What the figures were measured on. */

import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';

export interface Machine {
  readonly cpu: string;
  readonly cores: number;
  readonly memoryBytes: number;
  readonly system: string;
  readonly node: string;
  /** Of the directory that was written to. */
  readonly fileSystem: string;
}

/** @param directory that is measured */
export function machineOf(directory: string): Machine {
  const [cpu] = os.cpus();
  return {
    cpu: cpu?.model ?? 'unknown',
    cores: os.availableParallelism(),
    memoryBytes: os.totalmem(),
    system: `${os.type()} ${os.release()}`,
    node: process.version,
    fileSystem: fileSystemOf(directory),
  };
}

/** Kind and options of the mount that holds the directory; the longest mount point that leads to it. */
function fileSystemOf(directory: string): string {
  if (!fs.existsSync('/proc/mounts')) return 'unknown';
  const mounts = fs
    .readFileSync('/proc/mounts', 'utf8')
    .split('\n')
    .map((line) => line.split(' '))
    .filter(([, point]) => point && (directory === point || directory.startsWith(point === '/' ? '/' : `${point}/`)))
    .sort(([, a], [, b]) => b!.length - a!.length);
  const [device, , kind] = mounts[0] ?? [];
  return kind ? `${kind} on ${device}` : 'unknown';
}

/** Commit of the checkout, with a mark where files were changed; null outside one. */
export function commitOf(root: string): string | null {
  const git = (...args: string[]): string =>
    execFileSync('git', args, { cwd: root, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim();
  try {
    return `${git('rev-parse', '--short', 'HEAD')}${git('status', '--porcelain') === '' ? '' : ' with changes'}`;
  } catch {
    return null;
  }
}
