/** Takes files out of the page cache, so that what reads them next reads the disk. */

import fs from 'node:fs';
import { join } from 'node:path';
import koffi, { type KoffiFunc } from 'koffi';

const POSIX_FADV_DONTNEED = 4;

let fadvise: KoffiFunc<(fd: number, offset: number, length: number, advice: number) => number> | undefined;

/** Every file below the directory. It is synced first: pages that are not written yet would stay. */
export function dropPages(directory: string): void {
  fadvise ??= koffi.load('libc.so.6').func('int posix_fadvise(int fd, int64_t offset, int64_t length, int advice)');
  for (const entry of fs.readdirSync(directory, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const fd = fs.openSync(join(entry.parentPath, entry.name), 'r');
    fs.fsyncSync(fd);
    const failed = fadvise(fd, 0, 0, POSIX_FADV_DONTNEED);
    fs.closeSync(fd);
    if (failed !== 0) throw new Error(`posix_fadvise of ${entry.name} failed: errno ${failed}`);
  }
}
