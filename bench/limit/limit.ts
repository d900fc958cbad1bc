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
}

const bareNode: Limit = {
  by: 'bare Node',
  commit(fd, bytes, offset) {
    const start = performance.now();
    fs.writeSync(fd, bytes, 0, bytes.length, offset);
    fs.fdatasyncSync(fd);
    return (performance.now() - start) * 1e6;
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
  return {
    by: 'C',
    commit(fd, bytes, offset) {
      const ns = commit(fd, bytes, bytes.length, offset) as number;
      if (ns < 0) throw new Error(`limit_commit failed: errno ${koffi.errno()}`);
      return ns;
    },
  };
}

/** What a replay works on, and what it must know of the tables: bare-image.ts. */
export interface ReplayWork {
  readonly image: Uint8Array;
  readonly isChanged: Uint8Array;
  /** Changed pages behind their number. */
  readonly changed: Uint32Array;
  readonly buffer: Uint8Array;
  readonly geometry: Uint32Array;
  readonly rootMark: number;
}

/** Replays the segment that is open as `fd`, from above an LSN; returns its records. Null where there is no compiler. */
export function loadReplayLimit(): ((work: ReplayWork, fd: number, above: number) => number) | null {
  const path = library();
  if (!path) return null;
  const buffers = 'uint8_t* buffer, uint64_t bufferBytes, uint8_t* image, uint8_t* isChanged, uint32_t* changed, const uint32_t* geometry';
  const replay = koffi.load(path).func(`int64_t limit_replay(int fd, ${buffers}, uint32_t rootMark, uint64_t above)`);
  return ({ image, isChanged, changed, buffer, geometry, rootMark }, fd, above) => {
    const records = Number(replay(fd, buffer, buffer.length, image, isChanged, changed, geometry, rootMark, above));
    if (records < 0) throw new Error('limit_replay found a bad frame');
    return records;
  };
}
