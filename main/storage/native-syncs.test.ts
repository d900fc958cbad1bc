/** What the kernel is asked for where the storage says that something is durable: each sync, of the file that it is about. */

import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const NATIVE = fileURLToPath(new URL('./native.ts', import.meta.url));
const SCRIPT = `
const { NativeStorage } = await import(process.argv[1]);
const directory = process.argv[2];
const storage = new NativeStorage();
storage.lock(directory + '/lock');
const file = storage.open(directory + '/file', 'create');
file.write(new Uint8Array(4096), 0, 4096, 0);
file.sync();
storage.makeDirectory(directory + '/folder');
storage.syncDirectory(directory + '/folder');
const mapping = storage.map(directory + '/file', 8192);
mapping.copyIn(0, new Uint8Array(8).fill(7), 0, 8);
mapping.sync();
`;

test('a file is synced by fdatasync, a directory and the one of a new lock by fsync, a mapping by a msync that waits', (context) => {
  if (spawnSync('strace', ['-V']).error) context.skip('strace is not installed');
  const directory = fs.mkdtempSync(join(os.tmpdir(), 'rearm-syncs-'));
  context.onTestFinished(() => fs.rmSync(directory, { recursive: true, force: true }));
  const trace = join(directory, '..', `${directory.split('/').at(-1)}.trace`);
  context.onTestFinished(() => fs.rmSync(trace, { force: true }));
  const node = [process.execPath, '--no-warnings', '--input-type=module', '-e', SCRIPT, NATIVE, directory];
  const { status, stderr } = spawnSync('strace', ['-f', '-y', '-e', 'trace=fdatasync,fsync,msync', '-o', trace, ...node]);
  expect(status, String(stderr)).toBe(0);
  const calls = fs
    .readFileSync(trace, 'utf8')
    .split('\n')
    .flatMap((line) => {
      const [, name, what] = /(fdatasync|fsync|msync)\((.*)\) += 0$/.exec(line) ?? [];
      if (name === undefined) return [];
      return name === 'msync'
        ? [`msync ${what!.split(', ').slice(1).join(' ')}`]
        : [`${name} ${/<(.*)>/.exec(what!)![1]!.replace(directory, '')}`];
    });
  expect(calls).toEqual(['fsync ', 'fdatasync /file', 'fsync /folder', 'msync 4096 MS_SYNC']);
});
