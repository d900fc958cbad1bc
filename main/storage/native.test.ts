/** What the real storage says where the system refuses. */

import { execFileSync, spawnSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { NativeStorage } from './native.ts';

const storage = new NativeStorage();
let directory: string;
beforeEach(() => {
  directory = fs.mkdtempSync(join(os.tmpdir(), 'rearm-native-'));
});
afterEach(() => fs.rmSync(directory, { recursive: true, force: true }));

describe('a file that is to be opened, mapped or locked', () => {
  const plain = () => {
    const path = join(directory, 'plain');
    fs.writeFileSync(path, new Uint8Array(4096));
    return path;
  };
  const linked = () => {
    const path = join(directory, 'link');
    fs.symlinkSync(plain(), path);
    return path;
  };
  const twice = () => {
    const path = plain();
    fs.linkSync(path, join(directory, 'second'));
    return path;
  };
  const pipe = () => {
    const path = join(directory, 'pipe');
    execFileSync('mkfifo', [path]);
    return path;
  };
  const folder = () => {
    const path = join(directory, 'folder');
    fs.mkdirSync(path);
    return path;
  };

  // Of a pipe only what does not wait where the check is missing: tests/faults/irregular-files.test.ts does the rest.
  it.each([
    ['a link', linked, ['read', 'write', 'map', 'lock', 'isLocked', 'followLock']],
    ['a second name', twice, ['read', 'write', 'map', 'lock', 'isLocked', 'followLock']],
    ['a pipe', pipe, ['write', 'map', 'lock']],
    ['a directory', folder, ['read', 'write', 'map', 'lock', 'isLocked', 'followLock']],
  ] as const)('is refused by name where it is %s', (_, made, calls) => {
    const path = made();
    for (const call of calls)
      expect(
        () =>
          call === 'read' || call === 'write' ? storage.open(path, call) : call === 'map' ? storage.map(path, 4096) : storage[call](path),
        call,
      ).toThrow(expect.objectContaining({ code: 'FORMAT_INVALID', message: `${path} is not a regular file with one name` }));
    expect(fs.readdirSync('/proc/self/fd').filter((fd) => isOpen(fd, directory))).toEqual([]);
  });
});

/** Whether a descriptor of this process is of a file under a directory. */
function isOpen(fd: string, directory: string): boolean {
  try {
    return fs.readlinkSync(`/proc/self/fd/${fd}`).startsWith(directory);
  } catch {
    return false;
  }
}

describe('a lock that the system does not give', () => {
  // The kernel's word for "somebody holds it" is EAGAIN, or EACCES; nothing else speaks of another process.
  it.for([
    ['EAGAIN', 'STORE_LOCKED'],
    ['EACCES', 'STORE_LOCKED'],
    ['ENOLCK', 'IO_FAILED'],
    ['EIO', 'IO_FAILED'],
  ] as const)('for %s is refused as %s', ([system, code], context) => {
    if (spawnSync('strace', ['-V']).error) context.skip('strace is not installed');
    const path = join(directory, 'lock');
    fs.writeFileSync(path, '');
    const program = `import { NativeStorage } from ${JSON.stringify(new URL('./native.ts', import.meta.url).href)};
      try { new NativeStorage().lock(process.argv[1]); } catch ({ code, message }) { console.log(code, message); }`;
    const inject = ['-f', '-o', join(directory, 'trace'), '-P', path, '-e', 'trace=fcntl', '-e', `inject=fcntl:error=${system}`];
    const { stdout } = spawnSync('strace', [...inject, process.execPath, '--no-warnings', '--input-type=module', '-e', program, path], {
      encoding: 'utf8',
    });
    expect(stdout.trim()).toBe(
      `${code} ${code === 'STORE_LOCKED' ? `another process holds ${path}` : `could not take the lock ${path}: ${system}`}`,
    );
  });
});
