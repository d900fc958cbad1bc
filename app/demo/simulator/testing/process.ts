/** The simulator as the process that it is, for tests. */

import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const MAIN = fileURLToPath(new URL('../main.ts', import.meta.url));
const started: ChildProcessWithoutNullStreams[] = [];
const directories: string[] = [];

export interface Ready {
  readonly ready: boolean;
  readonly control: { readonly origin: string; readonly token: string };
  readonly venues: readonly { readonly name: string; readonly origin: string }[];
}

export interface Started {
  readonly child: ChildProcessWithoutNullStreams;
  readonly ready: Promise<Ready>;
  readonly ended: Promise<number | null>;
  /** What it wrote to standard error. */
  readonly complaint: () => string;
}

export function start(...argv: string[]): Started {
  const child = spawn(process.execPath, [MAIN, ...argv]);
  started.push(child);
  let errors = '';
  child.stderr.on('data', (chunk: Buffer) => {
    errors += chunk.toString();
  });
  const ended = new Promise<number | null>((resolve) => child.on('close', (code) => resolve(code)));
  const ready = new Promise<Ready>((resolve, reject) => {
    let text = '';
    child.stdout.on('data', (chunk: Buffer) => {
      text += chunk.toString();
      if (text.includes('\n')) resolve(JSON.parse(text.slice(0, text.indexOf('\n'))) as Ready);
    });
    ended.then((code) => reject(new Error(`it ended with ${code}: ${errors}`)));
  });
  ready.catch(() => {});
  return { child, ready, ended, complaint: () => errors };
}

export function temporary(): string {
  const directory = mkdtempSync(join(tmpdir(), 'venue-simulator-'));
  directories.push(directory);
  return directory;
}

/** After each test. */
export function cleanUp(): void {
  for (const child of started.splice(0)) child.kill('SIGKILL');
  for (const directory of directories.splice(0)) rmSync(directory, { recursive: true, force: true });
}
