/** The real file system: node:fs, and libc through koffi for what node:fs lacks (mmap, open file description locks). */

import fs from 'node:fs';
import os from 'node:os';
import { dirname } from 'node:path';
import koffi from 'koffi';
import { RearmError } from '../../shared/errors.ts';
import { openRegular, systemName } from './regular-file.ts';
import type { Clock, HeldLock, MappedFile, OpenMode, Scheduler, Storage, StoredFile } from './storage.ts';
import { systemFailure } from './system-errors.ts';

const PROT_READ_WRITE = 3;
const MAP_SHARED = 1;
const MS_SYNC = 4;
const F_OFD_GETLK = 36;
const F_OFD_SETLK = 37;
const F_WRLCK = 1;
const F_UNLCK = 2;

function failure(error: unknown, what: string, path: string): RearmError {
  if (error instanceof RearmError) return error;
  return systemFailure(systemName(error), what, path, error);
}

/** Of a call of libc that said it failed: before anything else is called. */
function libcFailure(what: string, path: string): RearmError {
  const number = koffi.errno();
  const [name] = Object.entries(os.constants.errno).find(([, value]) => value === number) ?? [`errno ${number}`];
  return systemFailure(name, what, path);
}

function attempt<T>(what: string, path: string, call: () => T): T {
  try {
    return call();
  } catch (error) {
    throw failure(error, what, path);
  }
}

/** Of the calls of node:fs, reads alone are not begun again by it after a signal. */
function uninterrupted<T>(call: () => T): T {
  for (;;) {
    try {
      return call();
    } catch (error) {
      if (systemName(error) !== 'EINTR') throw error;
    }
  }
}

interface Libc {
  mmap(address: null, length: number, protection: number, flags: number, fd: number, offset: number): bigint;
  munmap(address: bigint, length: number): number;
  msync(address: bigint, length: number, flags: number): number;
  copyIn(target: number, source: number, length: number): void;
  copyOut(target: Uint8Array, source: number, length: number): void;
  fcntl(fd: number, command: number, type: 'void*', argument: Uint8Array): number;
}

let loaded: Libc | undefined;

/** Loaded at first use: reading a store on a platform without libc.so.6 needs none of it. */
function libc(): Libc {
  if (loaded) return loaded;
  if (process.platform !== 'linux') {
    throw new RearmError('RUNTIME_MISSING', `memory-mapped files and store locks need Linux, this is ${process.platform}`, {});
  }
  const library = koffi.load('libc.so.6');
  loaded = {
    mmap: library.func('void* mmap(void* address, size_t length, int protection, int flags, int fd, int64_t offset)'),
    munmap: library.func('int munmap(void* address, size_t length)'),
    msync: library.func('int msync(void* address, size_t length, int flags)'),
    // Nothing comes back, and addresses go as numbers: what koffi does to a pointer costs more than the copy of a page.
    copyIn: library.func('memcpy', 'void', ['size_t', 'size_t', 'size_t']),
    copyOut: library.func('memcpy', 'void', ['_Out_ void*', 'const void*', 'size_t']),
    fcntl: library.func('int fcntl(int fd, int command, ...)'),
  } as unknown as Libc;
  return loaded;
}

const ZEROS = new Uint8Array(4096);

/** Allocates by writing zeros, 4 KiB at a time: larger writes make large folios, which slow later small writes down. */
function allocate(fd: number, path: string, from: number, to: number): void {
  attempt('allocate space for', path, () => {
    let position = from;
    while (position < to) {
      const length = Math.min(ZEROS.length - (position % ZEROS.length), to - position);
      position += fs.writeSync(fd, ZEROS, 0, length, position);
    }
  });
}

class NativeFile implements StoredFile {
  readonly path: string;
  readonly #fd: number;

  constructor(path: string, fd: number) {
    this.path = path;
    this.#fd = fd;
  }

  size(): number {
    return attempt('measure', this.path, () => fs.fstatSync(this.#fd).size);
  }

  read(target: Uint8Array, offset: number, length: number, position: number): number {
    return attempt('read', this.path, () => {
      // One call may read less than there is: fewer bytes mean the end only where none come.
      for (let done = 0; ; ) {
        const have = done < length ? uninterrupted(() => fs.readSync(this.#fd, target, offset + done, length - done, position + done)) : 0;
        if (have === 0) return done;
        done += have;
      }
    });
  }

  write(source: Uint8Array, offset: number, length: number, position: number): void {
    attempt('write', this.path, () => {
      let done = 0;
      while (done < length) done += fs.writeSync(this.#fd, source, offset + done, length - done, position + done);
    });
  }

  sync(): void {
    attempt('sync', this.path, () => fs.fdatasyncSync(this.#fd));
  }

  allocate(size: number): void {
    allocate(this.#fd, this.path, this.size(), size);
  }

  truncate(size: number): void {
    attempt('truncate', this.path, () => fs.ftruncateSync(this.#fd, size));
  }

  close(): void {
    attempt('close', this.path, () => fs.closeSync(this.#fd));
  }
}

/** Of buffers that were copied from. */
const addresses = new WeakMap<ArrayBufferLike, number>();

/** Does not change as long as the buffer is there; an array over one that was handed to another thread has no length. */
function addressOf(buffer: ArrayBufferLike): number {
  let address = addresses.get(buffer);
  if (address === undefined) {
    address = Number(koffi.address(buffer));
    addresses.set(buffer, address);
  }
  return address;
}

class NativeMapping implements MappedFile {
  readonly path: string;
  readonly #fd: number;
  readonly #bound: number;
  readonly #mapped: bigint;
  readonly #address: number;
  readonly #libc: Libc;
  #bytes: number;
  #open = true;

  constructor(path: string, fd: number, bound: number) {
    this.path = path;
    this.#fd = fd;
    this.#bound = bound;
    this.#bytes = attempt('measure', path, () => fs.fstatSync(fd).size);
    this.#libc = libc();
    this.#mapped = this.#libc.mmap(null, bound, PROT_READ_WRITE, MAP_SHARED, fd, 0);
    if (this.#mapped === null || this.#mapped === 0xffff_ffff_ffff_ffffn) throw libcFailure('map', path);
    this.#address = Number(this.#mapped);
  }

  get bytes(): number {
    return this.#bytes;
  }

  #check(position: number, length: number): void {
    if (!this.#open || position < 0 || length < 0 || position + length > this.#bytes) {
      throw new RearmError('INTERNAL', `a copy of ${length} bytes at ${position} is outside the ${this.#bytes} bytes of ${this.path}`, {});
    }
  }

  copyIn(position: number, source: Uint8Array, offset: number, length: number): void {
    this.#check(position, length);
    if (offset < 0 || offset + length > source.length) {
      throw new RearmError('INTERNAL', `the source of a copy into ${this.path} is too short`, {});
    }
    this.#libc.copyIn(this.#address + position, addressOf(source.buffer) + source.byteOffset + offset, length);
  }

  copyOut(position: number, target: Uint8Array, offset: number, length: number): void {
    this.#check(position, length);
    const part = target.subarray(offset, offset + length);
    if (part.length !== length) throw new RearmError('INTERNAL', `the target of a copy out of ${this.path} is too short`, {});
    this.#libc.copyOut(part, this.#address + position, length);
  }

  grow(bytes: number): void {
    if (bytes > this.#bound) throw new RearmError('STATE_BOUND', `${this.path} cannot grow past ${this.#bound} bytes`, { bytes });
    if (bytes <= this.#bytes) return;
    allocate(this.#fd, this.path, this.#bytes, bytes);
    this.#bytes = bytes;
  }

  sync(): void {
    if (this.#libc.msync(this.#mapped, this.#bytes, MS_SYNC) !== 0) throw libcFailure('sync the mapping of', this.path);
  }

  close(): void {
    if (!this.#open) return;
    this.#open = false;
    this.#libc.munmap(this.#mapped, this.#bound);
    attempt('close', this.path, () => fs.closeSync(this.#fd));
  }
}

/** `struct flock` of 64-bit Linux over the whole file. */
function flockStruct(type: number): Uint8Array {
  const bytes = new Uint8Array(32);
  new DataView(bytes.buffer).setInt16(0, type, true);
  return bytes;
}

class NativeLock implements HeldLock {
  readonly #fd: number;
  readonly #path: string;
  #held = true;

  constructor(fd: number, path: string) {
    this.#fd = fd;
    this.#path = path;
  }

  holds(): boolean {
    if (!this.#held) return false;
    const named = attempt('look at', this.#path, () => fs.statSync(this.#path, { throwIfNoEntry: false }));
    const ours = attempt('look at', this.#path, () => fs.fstatSync(this.#fd));
    return named !== undefined && named.ino === ours.ino && named.dev === ours.dev;
  }

  release(): void {
    if (!this.#held) return;
    this.#held = false;
    fs.closeSync(this.#fd);
  }
}

export class NativeStorage implements Storage {
  open(path: string, mode: OpenMode): StoredFile {
    const { O_RDONLY, O_RDWR, O_CREAT, O_EXCL } = fs.constants;
    return new NativeFile(path, openRegular(path, mode === 'read' ? O_RDONLY : mode === 'write' ? O_RDWR : O_RDWR | O_CREAT | O_EXCL));
  }

  map(path: string, bound: number): MappedFile {
    const fd = openRegular(path, fs.constants.O_RDWR);
    try {
      return new NativeMapping(path, fd, bound);
    } catch (error) {
      fs.closeSync(fd);
      throw failure(error, 'map', path);
    }
  }

  exists(path: string): boolean {
    try {
      return fs.lstatSync(path, { throwIfNoEntry: false }) !== undefined;
    } catch (error) {
      // A file stands where a directory of the path should be: nothing is there.
      if (systemName(error) === 'ENOTDIR') return false;
      throw failure(error, 'look for', path);
    }
  }

  isDirectory(path: string): boolean {
    return attempt('look at', path, () => fs.statSync(path, { throwIfNoEntry: false })?.isDirectory() === true);
  }

  list(directory: string): string[] {
    try {
      return fs.readdirSync(directory).sort();
    } catch (error) {
      if (['ENOENT', 'ENOTDIR'].includes(systemName(error))) return [];
      throw failure(error, 'list', directory);
    }
  }

  makeDirectory(directory: string): void {
    attempt('make the directory', directory, () => fs.mkdirSync(directory, { recursive: true, mode: 0o700 }));
  }

  rename(from: string, to: string): void {
    attempt('rename', from, () => fs.renameSync(from, to));
  }

  remove(path: string): void {
    attempt('remove', path, () => fs.unlinkSync(path));
  }

  syncDirectory(directory: string): void {
    attempt('sync the directory', directory, () => {
      const fd = fs.openSync(directory, fs.constants.O_RDONLY | fs.constants.O_DIRECTORY);
      try {
        fs.fsyncSync(fd);
      } finally {
        fs.closeSync(fd);
      }
    });
  }

  lock(path: string): HeldLock {
    const made = !this.exists(path);
    const fd = openRegular(path, fs.constants.O_RDWR | fs.constants.O_CREAT, 'open the lock');
    if (libc().fcntl(fd, F_OFD_SETLK, 'void*', flockStruct(F_WRLCK)) !== 0) {
      const refused = libcFailure('take the lock', path);
      fs.closeSync(fd);
      // Anything else than these two says nothing of another process: there is none to stop.
      if (!['EAGAIN', 'EACCES'].includes(String(refused.context.system))) throw refused;
      throw new RearmError('STORE_LOCKED', `another process holds ${path}`, { path });
    }
    if (made) this.syncDirectory(dirname(path));
    return new NativeLock(fd, path);
  }

  followLock(path: string): HeldLock {
    return new NativeLock(openRegular(path, fs.constants.O_RDONLY, 'open the lock'), path);
  }

  isLocked(path: string): boolean {
    let fd: number;
    try {
      fd = openRegular(path, fs.constants.O_RDONLY, 'open the lock');
    } catch (error) {
      if (error instanceof RearmError && error.code === 'NOT_FOUND') return false;
      throw error;
    }
    try {
      const probe = flockStruct(F_WRLCK);
      if (libc().fcntl(fd, F_OFD_GETLK, 'void*', probe) !== 0) throw libcFailure('probe the lock', path);
      return new DataView(probe.buffer).getInt16(0, true) !== F_UNLCK;
    } finally {
      fs.closeSync(fd);
    }
  }
}

const WALL_START_MS = Date.now();
const START_MS = performance.now();
const WALL_START_NS = BigInt(WALL_START_MS) * 1_000_000n;
/** How far the two clocks may be apart before the wall clock counts as stepped. */
const DRIFT_MS_MAX = 5;
/** They are compared this often: every operation asks for the time. */
const COMPARE_MS = 1;
let comparedMs = Number.NEGATIVE_INFINITY;
let stepped = false;

export const systemClock: Clock = {
  /** Nanoseconds from the monotonic clock on top of the wall clock; follows the wall clock where that was stepped. */
  wallNs(): bigint {
    const passedMs = performance.now() - START_MS;
    if (passedMs - comparedMs >= COMPARE_MS) {
      comparedMs = passedMs;
      const driftMs = WALL_START_MS + passedMs - Date.now();
      stepped = driftMs > DRIFT_MS_MAX || driftMs < -DRIFT_MS_MAX;
    }
    if (stepped) return BigInt(Date.now()) * 1_000_000n;
    return WALL_START_NS + BigInt(Math.floor(passedMs * 1e6));
  },
  monotonicNs: () => process.hrtime.bigint(),
};

export const timerScheduler: Scheduler = {
  every(ms, task) {
    const timer = setInterval(task, ms);
    timer.unref();
    return () => clearInterval(timer);
  },
  after(ms, task) {
    const timer = setTimeout(task, ms);
    return () => clearTimeout(timer);
  },
};
