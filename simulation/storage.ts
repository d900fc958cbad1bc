/**
 * The engine's storage on a disk in memory: one process. Its calls are counted; the n-th can fail, once or from then on, with any
 * error of the system, and every change is told to whoever follows the disk.
 *
 * A call that fails leaves what a real one may leave: a write its beginning, a sync nothing of what was pending on disk although
 * the system takes it for clean from then on (the next sync reports success and writes nothing of it).
 */

import { dirname } from 'node:path';
import type { HeldLock, MappedFile, OpenMode, Storage, StoredFile } from '../main/storage/storage.ts';
import { systemFailure } from '../main/storage/system-errors.ts';
import { RearmError } from '../shared/errors.ts';
import type { Effect } from './effect.ts';
import type { FileTree } from './file-tree.ts';

/** The process ends here. No error of the engine: nothing may catch it and go on. */
export class ProcessEnded extends Error {}

export interface Fault {
  /** Number of the call that fails, from 1. */
  readonly at: number;
  /** As the system calls it: EIO, ENOSPC ... */
  readonly error: string;
  /** Every later call fails as well: those of the same kind, or all of them. */
  readonly sticky: false | 'kind' | 'all';
}

/** What a call is, for counting and for stories. */
export type CallKind =
  | 'open'
  | 'create'
  | 'size'
  | 'read'
  | 'write'
  | 'sync'
  | 'allocate'
  | 'truncate'
  | 'map'
  | 'grow'
  | 'copyIn'
  | 'copyOut'
  | 'exists'
  | 'isDirectory'
  | 'list'
  | 'makeDirectory'
  | 'rename'
  | 'remove'
  | 'syncDirectory'
  | 'lock'
  | 'isLocked';

export interface Call {
  readonly number: number;
  readonly kind: CallKind;
  readonly path: string;
}

export interface SimulatedStorageOptions {
  readonly tree: FileTree;
  /** Told of every change, before the call returns. */
  readonly effect?: ((effect: Effect) => void) | undefined;
  readonly fault?: Fault | undefined;
  /** Number of the call in which the process ends; a write is done by half. */
  readonly endAt?: number | undefined;
  /** Locks that are held on this disk, by whatever process; its own where they are left out. */
  readonly locks?: Set<string> | undefined;
  /** Told of every call before it is done; may throw {@link ProcessEnded}. */
  readonly called?: ((call: Call) => void) | undefined;
}

/** Calls that do not reach the disk cannot fail as one. */
const FAILS: ReadonlySet<CallKind> = new Set<CallKind>([
  'open',
  'create',
  'size',
  'read',
  'write',
  'sync',
  'allocate',
  'truncate',
  'map',
  'grow',
  'list',
  'makeDirectory',
  'rename',
  'remove',
  'syncDirectory',
  'lock',
  'exists',
  'isDirectory',
  'isLocked',
]);

export class SimulatedStorage implements Storage {
  readonly tree: FileTree;
  readonly #options: SimulatedStorageOptions;
  readonly #locks: Set<string>;
  calls = 0;
  /** Files and mappings that nobody closed. */
  readonly opened = new Map<number, string>();
  #failing: CallKind | 'all' | null = null;
  #dead = false;

  constructor(options: SimulatedStorageOptions) {
    this.tree = options.tree;
    this.#options = options;
    this.#locks = options.locks ?? new Set();
  }

  /** From now on every call ends the process. */
  end(): void {
    this.#dead = true;
  }

  /** @param partly what a failing call leaves behind */
  #call(kind: CallKind, path: string, partly?: () => void): void {
    if (this.#dead) throw new ProcessEnded(`${kind} ${path}`);
    this.calls += 1;
    this.#options.called?.({ number: this.calls, kind, path });
    if (this.#dead) throw new ProcessEnded(`${kind} ${path}`);
    const { fault, endAt } = this.#options;
    if (this.calls === endAt) {
      this.#dead = true;
      if (kind === 'write') partly?.();
      throw new ProcessEnded(`${kind} ${path}`);
    }
    if (!fault) return;
    if (this.calls === fault.at && fault.sticky) this.#failing = fault.sticky === 'all' ? 'all' : kind;
    if (!FAILS.has(kind) || (this.calls !== fault.at && this.#failing !== kind && this.#failing !== 'all')) return;
    partly?.();
    throw systemFailure(fault.error, kind, path);
  }

  #effect(effect: Effect): void {
    this.tree.apply(effect);
    this.#options.effect?.(effect);
  }

  #inode(path: string): number {
    const entry = this.tree.entries.get(path);
    if (typeof entry !== 'number') throw systemFailure(entry === undefined ? 'ENOENT' : 'EISDIR', 'open', path);
    return entry;
  }

  /** Notes that it is open; what closes it. */
  #open(path: string): () => void {
    const number = this.calls;
    this.opened.set(number, path);
    return () => void this.opened.delete(number);
  }

  #isDirectory(path: string): boolean {
    return this.tree.entries.get(path) === 'directory';
  }

  open(path: string, mode: OpenMode): StoredFile {
    this.#call(mode === 'create' ? 'create' : 'open', path);
    if (mode === 'create') {
      if (this.tree.entries.has(path)) throw systemFailure('EEXIST', 'open', path);
      if (!this.#isDirectory(dirname(path))) throw systemFailure('ENOENT', 'open', path);
      this.#effect({ kind: 'create', inode: this.tree.nextInode, path });
    }
    const inode = this.#inode(path);
    const write = (source: Uint8Array, offset: number, length: number, position: number) =>
      this.#effect({ kind: 'write', inode, position, bytes: source.slice(offset, offset + length) });
    return {
      path,
      size: () => {
        this.#call('size', path);
        return this.tree.content(inode).size;
      },
      read: (target, offset, length, position) => {
        this.#call('read', path);
        return this.tree.content(inode).read(target, offset, length, position);
      },
      write: (source, offset, length, position) => {
        this.#call('write', path, () => write(source, offset, Math.floor(length / 2), position));
        write(source, offset, length, position);
      },
      sync: () => {
        this.#call('sync', path, () => this.#effect({ kind: 'syncFailed', inode }));
        this.#effect({ kind: 'sync', inode });
      },
      allocate: (size) => {
        const from = this.tree.content(inode).size;
        const to = (end: number) => {
          if (end > from) this.#effect({ kind: 'write', inode, position: from, bytes: new Uint8Array(end - from) });
        };
        this.#call('allocate', path, () => to(from + Math.floor((size - from) / 8192) * 4096));
        to(size);
      },
      truncate: (size) => {
        this.#call('truncate', path);
        this.#effect({ kind: 'resize', inode, size });
      },
      close: this.#open(path),
    };
  }

  map(path: string, bound: number): MappedFile {
    this.#call('map', path);
    const inode = this.#inode(path);
    let bytes = this.tree.content(inode).size;
    const check = (position: number, length: number): void => {
      if (position < 0 || length < 0 || position + length > bytes)
        throw new RearmError('INTERNAL', `a copy of ${length} bytes at ${position} is outside the ${bytes} bytes of ${path}`, {});
    };
    return {
      path,
      get bytes() {
        return bytes;
      },
      copyIn: (position, source, offset, length) => {
        check(position, length);
        this.#call('copyIn', path);
        this.#effect({ kind: 'write', inode, position, bytes: source.slice(offset, offset + length) });
      },
      copyOut: (position, target, offset, length) => {
        check(position, length);
        this.#call('copyOut', path);
        this.tree.content(inode).copyTo(target, offset, length, position);
      },
      grow: (size) => {
        if (size > bound) throw new RearmError('STATE_BOUND', `${path} cannot grow past ${bound} bytes`, { bytes: size });
        if (size <= bytes) return;
        this.#call('grow', path);
        this.#effect({ kind: 'write', inode, position: bytes, bytes: new Uint8Array(size - bytes) });
        bytes = size;
      },
      sync: () => {
        this.#call('sync', path, () => this.#effect({ kind: 'syncFailed', inode }));
        this.#effect({ kind: 'sync', inode });
      },
      close: this.#open(path),
    };
  }

  exists(path: string): boolean {
    this.#call('exists', path);
    return this.tree.entries.has(path);
  }

  isDirectory(path: string): boolean {
    this.#call('isDirectory', path);
    return this.#isDirectory(path);
  }

  list(directory: string): string[] {
    this.#call('list', directory);
    const names: string[] = [];
    const before = directory === '/' ? '/' : `${directory}/`;
    for (const path of this.tree.entries.keys())
      if (path.length > before.length && path.startsWith(before) && !path.includes('/', before.length))
        names.push(path.slice(before.length));
    return names.sort();
  }

  makeDirectory(directory: string): void {
    this.#call('makeDirectory', directory);
    const missing: string[] = [];
    for (let path = directory; !this.tree.entries.has(path); path = dirname(path)) missing.unshift(path);
    for (const path of missing) this.#effect({ kind: 'makeDirectory', path });
  }

  rename(from: string, to: string): void {
    this.#call('rename', to);
    if (!this.tree.entries.has(from) || !this.#isDirectory(dirname(to))) throw systemFailure('ENOENT', 'rename', from);
    this.#effect({ kind: 'rename', from, to });
  }

  remove(path: string): void {
    this.#call('remove', path);
    this.#inode(path);
    this.#effect({ kind: 'remove', path });
  }

  syncDirectory(directory: string): void {
    this.#call('syncDirectory', directory);
    if (!this.#isDirectory(directory)) throw systemFailure('ENOENT', 'sync the directory', directory);
    this.#effect({ kind: 'syncDirectory', path: directory });
  }

  lock(path: string): HeldLock {
    this.#call('lock', path);
    if (this.#locks.has(path)) throw new RearmError('STORE_LOCKED', `another process holds ${path}`, { path });
    const made = !this.tree.entries.has(path);
    if (made) this.#effect({ kind: 'create', inode: this.tree.nextInode, path });
    this.#locks.add(path);
    if (made) this.syncDirectory(dirname(path));
    return this.#held(path);
  }

  followLock(path: string): HeldLock {
    return this.#held(path);
  }

  #held(path: string): HeldLock {
    const inode = this.#inode(path);
    return {
      holds: () => this.#locks.has(path) && this.tree.entries.get(path) === inode,
      release: () => {
        this.#locks.delete(path);
      },
    };
  }

  isLocked(path: string): boolean {
    this.#call('isLocked', path);
    return this.#locks.has(path);
  }
}
