/** What a process finds on its disk: names, and the contents of files. */

import { xxh64 } from '@node-rs/xxhash';
import { Content } from './content.ts';
import type { Effect } from './effect.ts';

export type Entry = number | 'directory';

/** Names and contents: what a process finds. */
export class FileTree {
  readonly entries = new Map<string, Entry>();
  readonly contents = new Map<number, Content>();
  nextInode = 1;

  constructor(directories: readonly string[] = ['/']) {
    for (const path of directories) this.entries.set(path, 'directory');
  }

  /** Costs nothing per byte: contents are shared until they are written. */
  copy(): FileTree {
    const copy = new FileTree([]);
    for (const [path, entry] of this.entries) copy.entries.set(path, entry);
    for (const [inode, content] of this.contents) copy.contents.set(inode, content.copy());
    copy.nextInode = this.nextInode;
    return copy;
  }

  content(inode: number): Content {
    const content = this.contents.get(inode);
    if (!content) throw new Error(`no inode ${inode}`);
    return content;
  }

  /** @param bytes are kept, not copied: they may not change any more */
  write(inode: number, position: number, bytes: Uint8Array): void {
    this.content(inode).write(position, bytes);
  }

  resize(inode: number, size: number): void {
    this.content(inode).resize(size);
  }

  #file(path: string): Content {
    const entry = this.entries.get(path);
    if (typeof entry !== 'number') throw new Error(`no file ${path}`);
    return this.content(entry);
  }

  /** Bytes of a file. */
  bytes(path: string): Uint8Array {
    const content = this.#file(path);
    const bytes = new Uint8Array(content.size);
    content.copyTo(bytes, 0, bytes.length, 0);
    return bytes;
  }

  /** Replaces or makes a file behind everybody's back. */
  put(path: string, bytes: Uint8Array): void {
    const inode = this.nextInode++;
    const content = new Content();
    content.write(0, bytes.slice());
    this.contents.set(inode, content);
    this.entries.set(path, inode);
  }

  delete(path: string): void {
    this.entries.delete(path);
  }

  /** Paths of files, sorted. */
  files(): string[] {
    return [...this.entries].flatMap(([path, entry]) => (entry === 'directory' ? [] : [path])).sort();
  }

  apply(effect: Effect): void {
    switch (effect.kind) {
      case 'write':
        this.write(effect.inode, effect.position, effect.bytes);
        return;
      case 'resize':
        this.resize(effect.inode, effect.size);
        return;
      case 'create':
        this.contents.set(effect.inode, new Content());
        this.entries.set(effect.path, effect.inode);
        this.nextInode = Math.max(this.nextInode, effect.inode + 1);
        return;
      case 'makeDirectory':
        this.entries.set(effect.path, 'directory');
        return;
      case 'rename': {
        const entry = this.entries.get(effect.from);
        if (entry === undefined) throw new Error(`no file ${effect.from}`);
        this.entries.delete(effect.from);
        this.entries.set(effect.to, entry);
        return;
      }
      case 'remove':
        this.entries.delete(effect.path);
        return;
      case 'sync':
      case 'syncFailed':
      case 'syncDirectory':
    }
  }

  /** Equal for two files of the same bytes. */
  fingerprintOf(path: string): bigint {
    return this.#file(path).fingerprint();
  }

  /** Equal for two trees that a process could not tell apart. */
  fingerprint(): bigint {
    let sum = 0n;
    for (const [path, entry] of this.entries) {
      const name = nameHash(path);
      sum += entry === 'directory' ? name : mixed(name, this.content(entry).fingerprint());
    }
    return BigInt.asUintN(64, sum);
  }
}

const nameHashes = new Map<string, bigint>();

function nameHash(path: string): bigint {
  let hash = nameHashes.get(path);
  if (hash === undefined) {
    hash = xxh64(path);
    nameHashes.set(path, hash);
  }
  return hash;
}

const pair = new BigUint64Array(2);
const pairBytes = new Uint8Array(pair.buffer);

function mixed(name: bigint, content: bigint): bigint {
  pair[0] = name;
  pair[1] = content;
  return xxh64(pairBytes);
}
