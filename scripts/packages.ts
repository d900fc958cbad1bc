/** Packages of the system, where it is Debian's and we may install them. */

import { existsSync, globSync } from 'node:fs';
import { run } from './run.ts';

export const canInstall = (): boolean => existsSync('/usr/bin/apt-get') && process.getuid?.() === 0;

export async function installPackages(names: readonly string[]): Promise<void> {
  console.log(`Installing ${names.join(', ')} from the packages of the system.`);
  const env = { DEBIAN_FRONTEND: 'noninteractive' };
  if ((await run('apt-get', ['update', '-qq'], env)) === 0)
    await run('apt-get', ['install', '-y', '-qq', '--no-install-recommends', ...names], env);
}

/** What tests of real faults need, by the file that shows that it is there. */
const TOOLS: Readonly<Record<string, string>> = {
  strace: '/usr/bin/strace',
  e2fsprogs: '/usr/sbin/mkfs.ext4',
  xfsprogs: '/usr/sbin/mkfs.xfs',
  'python3-fusepy': '/usr/lib/python3/dist-packages/fusepy.py',
  gcc: '/usr/bin/cc',
  'libc6-dev': '/usr/include/stdio.h',
  libfaketime: '/usr/lib/*/faketime/libfaketimeMT.so.1',
};

/** Installs what is missing, where that is possible; a test that lacks its tool names itself as not run. */
export async function provideTools(): Promise<void> {
  const missing = Object.entries(TOOLS).flatMap(([name, file]) => (globSync(file).length > 0 ? [] : [name]));
  if (missing.length > 0 && canInstall()) await installPackages(missing);
}
