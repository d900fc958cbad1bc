/** A storage that counts what is asked of it: calls, and the bytes that they move, by what is called and in which folder. */

import { basename, dirname } from 'node:path';
import type { HeldLock, MappedFile, OpenMode, Storage, StoredFile } from '../main/storage/storage.ts';

export interface Tally {
  readonly calls: number;
  readonly bytes: number;
}

type Count = (call: string, bytes?: number) => void;

class CountedFile implements StoredFile {
  readonly path: string;
  readonly #file: StoredFile;
  readonly #count: Count;

  constructor(file: StoredFile, count: Count) {
    this.path = file.path;
    this.#file = file;
    this.#count = count;
  }

  size(): number {
    this.#count('size');
    return this.#file.size();
  }

  read(target: Uint8Array, offset: number, length: number, position: number): number {
    const read = this.#file.read(target, offset, length, position);
    this.#count('read', read);
    return read;
  }

  write(source: Uint8Array, offset: number, length: number, position: number): void {
    this.#count('write', length);
    this.#file.write(source, offset, length, position);
  }

  sync(): void {
    this.#count('sync');
    this.#file.sync();
  }

  allocate(size: number): void {
    this.#count('allocate', Math.max(0, size - this.#file.size()));
    this.#file.allocate(size);
  }

  truncate(size: number): void {
    this.#count('truncate');
    this.#file.truncate(size);
  }

  close(): void {
    this.#count('close');
    this.#file.close();
  }
}

class CountedMapping implements MappedFile {
  readonly path: string;
  readonly #mapping: MappedFile;
  readonly #count: Count;

  constructor(mapping: MappedFile, count: Count) {
    this.path = mapping.path;
    this.#mapping = mapping;
    this.#count = count;
  }

  get bytes(): number {
    return this.#mapping.bytes;
  }

  copyIn(position: number, source: Uint8Array, offset: number, length: number): void {
    this.#count('copyIn', length);
    this.#mapping.copyIn(position, source, offset, length);
  }

  copyOut(position: number, target: Uint8Array, offset: number, length: number): void {
    this.#count('copyOut', length);
    this.#mapping.copyOut(position, target, offset, length);
  }

  grow(bytes: number): void {
    this.#count('grow', bytes - this.#mapping.bytes);
    this.#mapping.grow(bytes);
  }

  sync(): void {
    this.#count('sync');
    this.#mapping.sync();
  }

  close(): void {
    this.#count('close');
    this.#mapping.close();
  }
}

class CountedLock implements HeldLock {
  readonly #lock: HeldLock;
  readonly #count: Count;

  constructor(lock: HeldLock, count: Count) {
    this.#lock = lock;
    this.#count = count;
  }

  holds(): boolean {
    this.#count('holds');
    return this.#lock.holds();
  }

  release(): void {
    this.#lock.release();
  }
}

export class CountingStorage implements Storage {
  readonly #storage: Storage;
  readonly #tallies = new Map<string, Tally>();

  constructor(storage: Storage) {
    this.#storage = storage;
  }

  #add(key: string, bytes: number): void {
    const { calls, bytes: before } = this.tally(key);
    this.#tallies.set(key, { calls: calls + 1, bytes: before + bytes });
  }

  /** Counts calls on `path` under the folder that holds it. */
  #counter(path: string): Count {
    const folder = basename(dirname(path));
    return (call, bytes = 0) => this.#add(`${folder} ${call}`, bytes);
  }

  /** @param key folder and call, as in `wal write` */
  tally(key: string): Tally {
    return this.#tallies.get(key) ?? { calls: 0, bytes: 0 };
  }

  /** All of them: for a message. */
  get tallies(): string {
    return [...this.#tallies].map(([key, { calls, bytes }]) => `${key} ${calls}${bytes > 0 ? ` (${bytes} bytes)` : ''}`).join(', ');
  }

  get calls(): number {
    return [...this.#tallies.values()].reduce((sum, { calls }) => sum + calls, 0);
  }

  /** Begins anew. */
  clear(): void {
    this.#tallies.clear();
  }

  open(path: string, mode: OpenMode): StoredFile {
    const count = this.#counter(path);
    count('open');
    return new CountedFile(this.#storage.open(path, mode), count);
  }

  map(path: string, bound: number): MappedFile {
    const count = this.#counter(path);
    count('map');
    return new CountedMapping(this.#storage.map(path, bound), count);
  }

  exists(path: string): boolean {
    this.#counter(path)('exists');
    return this.#storage.exists(path);
  }

  isDirectory(path: string): boolean {
    this.#counter(path)('isDirectory');
    return this.#storage.isDirectory(path);
  }

  list(directory: string): string[] {
    this.#add(`${basename(directory)} list`, 0);
    return this.#storage.list(directory);
  }

  makeDirectory(directory: string): void {
    this.#add(`${basename(directory)} makeDirectory`, 0);
    this.#storage.makeDirectory(directory);
  }

  rename(from: string, to: string): void {
    this.#counter(from)('rename');
    this.#storage.rename(from, to);
  }

  remove(path: string): void {
    this.#counter(path)('remove');
    this.#storage.remove(path);
  }

  syncDirectory(directory: string): void {
    this.#add(`${basename(directory)} syncDirectory`, 0);
    this.#storage.syncDirectory(directory);
  }

  lock(path: string): HeldLock {
    return new CountedLock(this.#storage.lock(path), this.#counter(path));
  }

  followLock(path: string): HeldLock {
    return new CountedLock(this.#storage.followLock(path), this.#counter(path));
  }

  isLocked(path: string): boolean {
    this.#counter(path)('isLocked');
    return this.#storage.isLocked(path);
  }
}
