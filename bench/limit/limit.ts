/** The limit: calls into limit.c where a C compiler is there, else the bare calls of Node. */

import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import fs from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import koffi from 'koffi';

const SOURCE = fileURLToPath(new URL('./limit.c', import.meta.url));
const BUILT = fileURLToPath(new URL('../../dist/bench', import.meta.url));

export interface Limit {
  readonly by: 'C' | 'bare Node';
  /** Writes `bytes` at `offset` and syncs; returns nanoseconds. */
  commit(fd: number, bytes: Uint8Array, offset: number): number;
  /** Copies `bytes` `count` times to places that follow each other in `ring`; returns the nanoseconds of one copy. */
  copy(ring: Uint8Array, bytes: Uint8Array, count: number): number;
}

const bareNode: Limit = {
  by: 'bare Node',
  commit(fd, bytes, offset) {
    const start = performance.now();
    fs.writeSync(fd, bytes, 0, bytes.length, offset);
    fs.fdatasyncSync(fd);
    return (performance.now() - start) * 1e6;
  },
  copy(ring, bytes, count) {
    let at = 0;
    const start = performance.now();
    for (let i = 0; i < count; i += 1) {
      if (at + bytes.length > ring.length) at = 0;
      ring.set(bytes, at);
      at += bytes.length;
    }
    return ((performance.now() - start) * 1e6) / count;
  },
};

/** The library, compiled once for each version of its source; null where there is no compiler. */
function library(): string | null {
  const version = createHash('sha256').update(fs.readFileSync(SOURCE)).digest('hex').slice(0, 16);
  const path = join(BUILT, `limit-${version}.so`);
  if (fs.existsSync(path)) return path;
  fs.mkdirSync(BUILT, { recursive: true });
  try {
    execFileSync('cc', ['-O2', '-march=native', '-shared', '-fPIC', '-o', `${path}.tmp`, SOURCE], { stdio: 'pipe' });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
  fs.renameSync(`${path}.tmp`, path);
  return path;
}

export function loadLimit(): Limit {
  const path = library();
  if (!path) return bareNode;
  const loaded = koffi.load(path);
  const commit = loaded.func('double limit_commit(int fd, const void* bytes, uint64_t length, int64_t offset)');
  const copy = loaded.func('double limit_copy(void* ring, uint64_t capacity, const void* bytes, uint64_t length, uint64_t count)');
  return {
    by: 'C',
    commit(fd, bytes, offset) {
      const ns = commit(fd, bytes, bytes.length, offset) as number;
      if (ns < 0) throw new Error(`limit_commit failed: errno ${koffi.errno()}`);
      return ns;
    },
    copy: (ring, bytes, count) => copy(ring, ring.length, bytes, bytes.length, count) as number,
  };
}
