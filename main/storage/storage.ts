/**
 * What the engine asks of a file system, and nothing more. Everything durable goes through this interface: the real one is
 * native.ts; the fault simulation implements the same calls with a durable and a volatile image of every file.
 *
 * All calls are synchronous: the writer owns its thread. A call that fails throws RearmError (PERMISSION_DENIED, DISK_FULL,
 * IO_FAILED, NOT_FOUND ...) with the path and the system's error code in its context. A short read returns what was there;
 * a write is whole or throws.
 */

export interface StoredFile {
  readonly path: string;
  /** Bytes in the file. */
  size(): number;
  /** Reads up to `length` bytes at `position` into `target[offset...]`; returns how many were there. */
  read(target: Uint8Array, offset: number, length: number, position: number): number;
  /** Writes all of `length` bytes. Not durable before {@link sync}. */
  write(source: Uint8Array, offset: number, length: number, position: number): void;
  /** fdatasync: what was written to this file, and its size, survives a power loss once this returns. */
  sync(): void;
  /** Grows the file to `size` bytes of physically allocated zeros (in 4 KiB writes); a full disk throws DISK_FULL. Not synced. */
  allocate(size: number): void;
  truncate(size: number): void;
  close(): void;
}

/** A shared memory mapping. Copied into and out of, never viewed: Electron forbids buffers outside its heap. */
export interface MappedFile {
  readonly path: string;
  /** Bytes that are backed by the file; a copy beyond them throws instead of raising SIGBUS. */
  readonly bytes: number;
  copyIn(position: number, source: Uint8Array, offset: number, length: number): void;
  copyOut(position: number, target: Uint8Array, offset: number, length: number): void;
  /** Backs the mapping with `bytes` of physically allocated zeros, up to the bound it was mapped with. */
  grow(bytes: number): void;
  /** msync: survives a power loss once this returns. */
  sync(): void;
  close(): void;
}

/** A kernel lock that dies with its process, whatever kills it. */
export interface HeldLock {
  /** Still ours: the file at the path is still the one that was locked. @throws RearmError IO_FAILED, PERMISSION_DENIED: that cannot be told */
  holds(): boolean;
  release(): void;
}

export type OpenMode = 'read' | 'write' | 'create';

export interface Storage {
  /**
   * `read`, `write`: must exist. `create`: must not exist.
   *
   * @throws RearmError FORMAT_INVALID, as for all of these that take a file's path, where a link lies there, or anything but a regular file with one name
   */
  open(path: string, mode: OpenMode): StoredFile;
  /** Maps `path` (which must exist) for writing; `bound` is the most it can grow to. */
  map(path: string, bound: number): MappedFile;
  exists(path: string): boolean;
  /** Whether a directory, or a link to one, is there. */
  isDirectory(path: string): boolean;
  /** Names in a directory, sorted; empty where it does not exist. */
  list(directory: string): string[];
  /** Makes a directory and its parents, mode 0700. Not durable before {@link syncDirectory} of the parent. */
  makeDirectory(directory: string): void;
  rename(from: string, to: string): void;
  remove(path: string): void;
  syncDirectory(directory: string): void;
  /** Takes the exclusive lock of `path` (made where it is missing). @throws RearmError STORE_LOCKED */
  lock(path: string): HeldLock;
  /** Watches a lock that this process holds elsewhere (another thread): `holds` tells whether the path still names the same file. */
  followLock(path: string): HeldLock;
  /** Whether somebody holds the lock; does not disturb the holder. */
  isLocked(path: string): boolean;
}

/** Wall time is a label, monotonic time measures. Both in nanoseconds. */
export interface Clock {
  wallNs(): bigint;
  monotonicNs(): bigint;
}

/** When something runs again. The real one is timers; the simulation steps it. */
export interface Scheduler {
  /** Runs `task` every `ms`, until the returned function is called. A task that throws stops and is reported by its owner. */
  every(ms: number, task: () => void): () => void;
  after(ms: number, task: () => void): () => void;
}
