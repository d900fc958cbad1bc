/** The limit: calls into limit.c where a C compiler is there, else the bare calls of Node. */

import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import fs from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import koffi from 'koffi';
import { bareCheckpoints, type CheckpointLimit, makeMappedFile } from './checkpoint.ts';

const SOURCE = fileURLToPath(new URL('./limit.c', import.meta.url));
const BUILT = fileURLToPath(new URL('../../dist/bench', import.meta.url));

export interface Limit {
  readonly by: 'C' | 'bare Node';
  /** Writes `bytes` at `offset` and syncs; returns nanoseconds. */
  commit(fd: number, bytes: Uint8Array, offset: number): number;
  /** Makes a file at `path` for an image of `pages` pages, into which checkpoints are taken as L1 takes them. */
  checkpoints(path: string, pages: number): CheckpointLimit;
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
  checkpoints: bareCheckpoints,
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
  const map = loaded.func('void* limit_map(int fd, uint64_t length)');
  const unmap = loaded.func('int limit_unmap(void* mapping, uint64_t length)');
  const checkpoint = loaded.func(
    'double limit_checkpoint(void* mapping, void* image, void* root, uint32_t slot, const void* changed, uint32_t changed_count, const void* lacking, uint32_t lacking_count, void* header)',
  );
  const copy = loaded.func('double limit_copy(void* ring, uint64_t capacity, const void* bytes, uint64_t length, uint64_t count)');
  return {
    by: 'C',
    checkpoints(path, pages) {
      const bytes = makeMappedFile(path, pages);
      const fd = fs.openSync(path, 'r+');
      const mapping = map(fd, bytes) as bigint | null;
      fs.closeSync(fd);
      if (mapping === null) throw new Error(`limit_map failed: errno ${koffi.errno()}`);
      return {
        checkpoint: ({ image, root, slot, changed, lacking, header }) =>
          checkpoint(mapping, image, root, slot, changed, changed.length, lacking, lacking.length, header) as number,
        close: () => void unmap(mapping, bytes),
      };
    },
    commit(fd, bytes, offset) {
      const ns = commit(fd, bytes, bytes.length, offset) as number;
      if (ns < 0) throw new Error(`limit_commit failed: errno ${koffi.errno()}`);
      return ns;
    },
    copy: (ring, bytes, count) => copy(ring, ring.length, bytes, bytes.length, count) as number,
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
