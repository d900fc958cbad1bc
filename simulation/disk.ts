/**
 * A disk in memory that remembers what it was told and what it has promised. Every change is an effect in a journal; between a
 * change and the sync that covers it the change is pending, and a power cut keeps any of what is pending: each sector of 512 bytes
 * in any of the versions that were written, each size, each directory entry on its own.
 *
 * What it assumes: a sector is written whole or not at all, unless the disk is none with powersafe overwrite: that one may leave
 * anything in a sector that was being written; a rename is atomic; a name whose directory was not synced may or may
 * not be there, whatever happened to the file behind it; fdatasync of a file promises its bytes and its size, and no name.
 * Kernel and file system promise more than that in places; the engine may not rely on it.
 */

import { dirname } from 'node:path';
import { xxh64 } from '@node-rs/xxhash';

export const SECTOR_BYTES = 512;

/** What happened to the disk, in order. Bytes are never changed after they were put into an effect. */
export type Effect =
  | { readonly kind: 'write'; readonly inode: number; readonly position: number; readonly bytes: Uint8Array }
  | { readonly kind: 'resize'; readonly inode: number; readonly size: number }
  | { readonly kind: 'sync'; readonly inode: number }
  /** The system reported an error, and takes what was pending for clean: it is on disk or it is not, and no later sync writes it. */
  | { readonly kind: 'syncFailed'; readonly inode: number }
  | { readonly kind: 'create'; readonly inode: number; readonly path: string }
  | { readonly kind: 'makeDirectory'; readonly path: string }
  | { readonly kind: 'rename'; readonly from: string; readonly to: string }
  | { readonly kind: 'remove'; readonly path: string }
  | { readonly kind: 'syncDirectory'; readonly path: string };

type Entry = number | 'directory';

/** Of contents, what is shared until it is written. */
const BLOCK_BYTES = 4096;

interface Block {
  readonly bytes: Uint8Array;
  /** Who may write into it: the content that has the same. */
  readonly owner: object | null;
  /** XXH64, once it was asked for. */
  hash: bigint | null;
}

const ZEROS: Block = { bytes: new Uint8Array(BLOCK_BYTES), owner: null, hash: null };
const NOBODY = {};

/** The bytes of a file, in blocks; where there is none, zeros. What lies beyond its size is not part of it. */
class Content {
  size = 0;
  #blocks: Block[] = [];
  /** Another one for each of two that share blocks. */
  #owner: object = NOBODY;
  /** The list of blocks is another's as well. */
  #shared = false;
  #print: bigint | null = null;

  copy(): Content {
    const copy = new Content();
    this.#owner = NOBODY;
    this.#shared = true;
    copy.size = this.size;
    copy.#blocks = this.#blocks;
    copy.#shared = true;
    copy.#print = this.#print;
    return copy;
  }

  #own(): void {
    if (this.#owner === NOBODY) this.#owner = {};
    if (this.#shared) this.#blocks = this.#blocks.slice();
    this.#shared = false;
    this.#print = null;
  }

  /** The block for writing. */
  #writable(block: number): Uint8Array {
    while (this.#blocks.length <= block) this.#blocks.push(ZEROS);
    const found = this.#blocks[block]!;
    if (found.owner === this.#owner) {
      found.hash = null;
      return found.bytes;
    }
    const made: Block = { bytes: found.bytes.slice(), owner: this.#owner, hash: null };
    this.#blocks[block] = made;
    return made.bytes;
  }

  /** Puts bytes without making the file longer. */
  put(position: number, bytes: Uint8Array): void {
    this.#own();
    for (let done = 0; done < bytes.length; ) {
      const at = (position + done) % BLOCK_BYTES;
      const length = Math.min(BLOCK_BYTES - at, bytes.length - done);
      this.#writable((position + done - at) / BLOCK_BYTES).set(bytes.subarray(done, done + length), at);
      done += length;
    }
  }

  write(position: number, bytes: Uint8Array): void {
    this.put(position, bytes);
    this.size = Math.max(this.size, position + bytes.length);
  }

  resize(size: number): void {
    this.#own();
    if (size < this.size) this.#clear(size);
    this.size = size;
  }

  clearPastEnd(): void {
    if (this.#blocks.length * BLOCK_BYTES <= this.size) return;
    this.#own();
    this.#clear(this.size);
  }

  #clear(from: number): void {
    const last = Math.ceil(from / BLOCK_BYTES);
    this.#blocks.length = Math.min(this.#blocks.length, last);
    const at = from % BLOCK_BYTES;
    if (at > 0 && this.#blocks.length === last && this.#blocks[last - 1] !== ZEROS) this.#writable(last - 1).fill(0, at);
  }

  /** Into `target[offset...]`; zeros where nothing was put. @param length may lie beyond the size */
  copyTo(target: Uint8Array, offset: number, length: number, position: number): void {
    for (let done = 0; done < length; ) {
      const at = (position + done) % BLOCK_BYTES;
      const part = Math.min(BLOCK_BYTES - at, length - done);
      const { bytes } = this.#blocks[(position + done - at) / BLOCK_BYTES] ?? ZEROS;
      target.set(part === BLOCK_BYTES ? bytes : bytes.subarray(at, at + part), offset + done);
      done += part;
    }
  }

  read(target: Uint8Array, offset: number, length: number, position: number): number {
    const there = Math.max(0, Math.min(length, this.size - position));
    this.copyTo(target, offset, there, position);
    return there;
  }

  /** Equal where the bytes are. */
  fingerprint(): bigint {
    if (this.#print !== null) return this.#print;
    const whole = Math.floor(this.size / BLOCK_BYTES);
    const hashes = new BigUint64Array(whole + 1);
    for (let i = 0; i < whole; i += 1) {
      const block = this.#blocks[i] ?? ZEROS;
      block.hash ??= xxh64(block.bytes);
      hashes[i] = block.hash;
    }
    hashes[whole] = xxh64((this.#blocks[whole] ?? ZEROS).bytes.subarray(0, this.size - whole * BLOCK_BYTES));
    this.#print = xxh64(new Uint8Array(hashes.buffer), BigInt(this.size));
    return this.#print;
  }
}

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

  write(inode: number, position: number, bytes: Uint8Array): void {
    this.content(inode).write(position, bytes);
  }

  resize(inode: number, size: number): void {
    this.content(inode).resize(size);
  }

  /** Puts a sector's bytes without making the file longer: what lies past the end is not seen. */
  putSector(inode: number, sector: number, bytes: Uint8Array): void {
    this.content(inode).put(sector * SECTOR_BYTES, bytes);
  }

  /** What was put past the end does not come to light when the file grows. */
  clearPastEnd(inode: number): void {
    this.content(inode).clearPastEnd();
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
    content.write(0, bytes);
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

/**
 * Something pending, and the versions that it may be found in besides what is durable now. `forgotten`: its sync failed, the system
 * takes it for clean, and no sync writes it unless it is written again.
 */
interface SectorPending {
  readonly kind: 'sector';
  readonly inode: number;
  readonly sector: number;
  readonly versions: Uint8Array[];
  forgotten: boolean;
}
interface SizePending {
  readonly kind: 'size';
  readonly inode: number;
  readonly versions: number[];
  forgotten: boolean;
}
interface NamePending {
  readonly kind: 'name';
  readonly effect: Extract<Effect, { kind: 'create' | 'makeDirectory' | 'rename' | 'remove' }>;
  readonly inode: Entry;
}
export type Pending = SectorPending | SizePending | NamePending;

/** How many ways there are for it to be found. */
const choicesOf = (pending: Pending): number => (pending.kind === 'name' ? 2 : pending.versions.length + 1);

const directoriesOf = (pending: Pending): string[] => {
  if (pending.kind !== 'name') return [];
  const { effect } = pending;
  return effect.kind === 'rename' ? [dirname(effect.from), dirname(effect.to)] : [dirname(effect.path)];
};

/** In a sector that was being written when the power failed, on a disk without powersafe overwrite. */
export const DESTROYED = new Uint8Array(SECTOR_BYTES).fill(0xa5);

/** Follows a journal, and knows at each point what is durable and what is pending. */
export class Durability {
  /** What every process and every power cut finds from here on. */
  readonly durable: FileTree;
  /** What the process itself sees. */
  readonly live: FileTree;
  readonly #sectors = new Map<number, Map<number, SectorPending>>();
  readonly #sizes = new Map<number, SizePending>();
  #names: NamePending[] = [];
  readonly #powersafe: boolean;

  /** @param powersafe whether a power cut leaves of a sector nothing but what was written into it at some time */
  constructor(start: FileTree, powersafe = true) {
    this.durable = start.copy();
    this.live = start.copy();
    this.#powersafe = powersafe;
  }

  copy(): Durability {
    const copy = new Durability(this.live, this.#powersafe);
    Object.assign(copy, { durable: this.durable.copy() });
    for (const [inode, sectors] of this.#sectors)
      copy.#sectors.set(inode, new Map([...sectors].map(([at, one]) => [at, { ...one, versions: [...one.versions] }])));
    for (const [inode, size] of this.#sizes) copy.#sizes.set(inode, { ...size, versions: [...size.versions] });
    copy.#names = [...this.#names];
    return copy;
  }

  apply(effect: Effect): void {
    if (effect.kind === 'rename' || effect.kind === 'remove') {
      const from = effect.kind === 'rename' ? effect.from : effect.path;
      this.#names.push({ kind: 'name', effect, inode: this.live.entries.get(from) ?? 'directory' });
    }
    this.live.apply(effect);
    switch (effect.kind) {
      case 'write':
        this.#changed(effect.inode, effect.position, effect.position + effect.bytes.length);
        break;
      case 'resize':
        this.#resized(effect.inode);
        break;
      case 'create':
        this.durable.contents.set(effect.inode, new Content());
        this.durable.nextInode = this.live.nextInode;
        this.#names.push({ kind: 'name', effect, inode: effect.inode });
        break;
      case 'makeDirectory':
        this.#names.push({ kind: 'name', effect, inode: 'directory' });
        break;
      case 'sync':
        this.#synced(effect.inode);
        break;
      case 'syncFailed':
        this.#syncFailed(effect.inode);
        break;
      case 'syncDirectory':
        this.#directorySynced(effect.path);
        break;
      case 'rename':
      case 'remove':
    }
  }

  #changed(inode: number, from: number, to: number): void {
    const content = this.live.content(inode);
    const { size } = content;
    const sectors = this.#sectors.get(inode) ?? new Map<number, SectorPending>();
    this.#sectors.set(inode, sectors);
    for (let sector = Math.floor(from / SECTOR_BYTES); sector * SECTOR_BYTES < to; sector += 1) {
      const at = sector * SECTOR_BYTES;
      const version = new Uint8Array(SECTOR_BYTES);
      content.read(version, 0, SECTOR_BYTES, at);
      const pending = sectors.get(sector) ?? { kind: 'sector', inode, sector, versions: [], forgotten: false };
      if (pending.versions.length === 0) {
        // What is written over itself can only be found as it is.
        if (this.#powersafe && this.#isDurable(inode, at, version)) continue;
        if (!this.#powersafe) pending.versions.push(DESTROYED);
      }
      pending.versions.push(version);
      pending.forgotten = false;
      sectors.set(sector, pending);
    }
    if (size !== (this.#sizes.get(inode)?.versions.at(-1) ?? this.durable.content(inode).size)) this.#resized(inode);
  }

  #isDurable(inode: number, at: number, version: Uint8Array): boolean {
    const durable = new Uint8Array(SECTOR_BYTES);
    this.durable.content(inode).read(durable, 0, SECTOR_BYTES, at);
    return Buffer.compare(durable, version) === 0;
  }

  #resized(inode: number): void {
    const pending = this.#sizes.get(inode) ?? { kind: 'size', inode, versions: [], forgotten: false };
    pending.versions.push(this.live.content(inode).size);
    pending.forgotten = false;
    this.#sizes.set(inode, pending);
  }

  #synced(inode: number): void {
    const sectors = this.#sectors.get(inode);
    for (const [sector, pending] of sectors ?? []) {
      if (pending.forgotten) continue;
      this.durable.putSector(inode, sector, pending.versions.at(-1)!);
      sectors!.delete(sector);
    }
    const size = this.#sizes.get(inode);
    if (size && !size.forgotten) {
      this.durable.resize(inode, size.versions.at(-1)!);
      this.#sizes.delete(inode);
    }
  }

  #syncFailed(inode: number): void {
    for (const pending of this.#sectors.get(inode)?.values() ?? []) pending.forgotten = true;
    const size = this.#sizes.get(inode);
    if (size) size.forgotten = true;
  }

  #directorySynced(path: string): void {
    const left: NamePending[] = [];
    for (const pending of this.#names) {
      if (directoriesOf(pending).includes(path)) applyName(this.durable, pending);
      else left.push(pending);
    }
    this.#names = left;
  }

  /** Everything that a power cut now decides upon, in the order in which it was done. */
  pending(): Pending[] {
    const all: Pending[] = [...this.#names];
    for (const size of this.#sizes.values()) all.push(size);
    for (const sectors of this.#sectors.values()) all.push(...sectors.values());
    return all;
  }

  /** The product of all choices; stops counting at `limit`. */
  static waysOf(pending: readonly Pending[], limit: number): number {
    let ways = 1;
    for (const one of pending) {
      ways *= choicesOf(one);
      if (ways >= limit) return limit;
    }
    return ways;
  }

  static choicesOf(pending: readonly Pending[]): number[] {
    return pending.map(choicesOf);
  }

  /**
   * What is found after a power cut.
   *
   * @param choices for each of `pending` which version survived: 0 what was durable, n the n-th that was written
   */
  after(pending: readonly Pending[], choices: readonly number[]): FileTree {
    const tree = this.durable.copy();
    for (const [index, one] of pending.entries()) {
      const choice = choices[index]!;
      if (choice === 0) continue;
      if (one.kind === 'name') applyName(tree, one);
      else if (one.kind === 'size') tree.resize(one.inode, one.versions[choice - 1]!);
      else tree.putSector(one.inode, one.sector, one.versions[choice - 1]!);
    }
    for (const one of pending) if (one.kind === 'sector') tree.clearPastEnd(one.inode);
    for (const path of [...tree.entries.keys()]) if (!reachable(tree, path)) tree.entries.delete(path);
    return tree;
  }
}

function applyName(tree: FileTree, { effect, inode }: NamePending): void {
  if (effect.kind === 'rename') {
    if (tree.entries.get(effect.from) === inode) tree.entries.delete(effect.from);
    tree.entries.set(effect.to, inode);
  } else if (effect.kind === 'remove') {
    if (tree.entries.get(effect.path) === inode) tree.entries.delete(effect.path);
  } else tree.entries.set(effect.path, inode);
}

const reachable = (tree: FileTree, path: string): boolean =>
  path === '/' || (tree.entries.get(dirname(path)) === 'directory' && reachable(tree, dirname(path)));
