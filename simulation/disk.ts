/**
 * A disk in memory that remembers what it was told and what it has promised. Every change is an effect in a journal; between a
 * change and the sync that covers it the change is pending, and a power cut keeps any of what is pending: each sector of 512 bytes
 * in any of the versions that were written, each size, each directory entry on its own.
 *
 * What it assumes: a sector is written whole or not at all; a rename is atomic; a name whose directory was not synced may or may
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

/** Contents of a file; `bytes` beyond `size` are not part of it. Shared until one of its disks writes. */
interface Content {
  bytes: Uint8Array;
  size: number;
  shared: boolean;
}

type Entry = number | 'directory';

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
    for (const [inode, content] of this.contents) {
      content.shared = true;
      copy.contents.set(inode, { ...content });
    }
    copy.nextInode = this.nextInode;
    return copy;
  }

  content(inode: number): Content {
    const content = this.contents.get(inode);
    if (!content) throw new Error(`no inode ${inode}`);
    return content;
  }

  /** The content for writing, at least `size` bytes large inside. */
  #writable(inode: number, size: number): Content {
    const content = this.content(inode);
    if (content.shared || content.bytes.length < size) {
      const grown = new Uint8Array(content.bytes.length < size ? Math.max(size, Math.min(2 * size, size + 65_536)) : content.bytes.length);
      grown.set(content.bytes);
      content.bytes = grown;
      content.shared = false;
    }
    return content;
  }

  write(inode: number, position: number, bytes: Uint8Array): void {
    const content = this.#writable(inode, position + bytes.length);
    content.bytes.set(bytes, position);
    content.size = Math.max(content.size, position + bytes.length);
  }

  resize(inode: number, size: number): void {
    const content = this.#writable(inode, size);
    if (size < content.size) content.bytes.fill(0, size, content.size);
    content.size = size;
  }

  /** Puts a sector's bytes without making the file longer: what lies past the end is not seen. */
  putSector(inode: number, sector: number, bytes: Uint8Array): void {
    const at = sector * SECTOR_BYTES;
    const content = this.#writable(inode, at + bytes.length);
    content.bytes.set(bytes, at);
  }

  /** What was put past the end does not come to light when the file grows. */
  clearPastEnd(inode: number): void {
    const content = this.content(inode);
    if (content.bytes.length > content.size) this.#writable(inode, 0).bytes.fill(0, content.size);
  }

  /** Bytes of a file, a view. */
  bytes(path: string): Uint8Array {
    const entry = this.entries.get(path);
    if (typeof entry !== 'number') throw new Error(`no file ${path}`);
    const { bytes, size } = this.content(entry);
    return bytes.subarray(0, size);
  }

  /** Replaces or makes a file behind everybody's back. */
  put(path: string, bytes: Uint8Array): void {
    const inode = this.nextInode++;
    this.contents.set(inode, { bytes: bytes.slice(), size: bytes.length, shared: false });
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
        this.contents.set(effect.inode, { bytes: new Uint8Array(0), size: 0, shared: false });
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

  /** Equal for two trees that a process could not tell apart. */
  fingerprint(): bigint {
    let sum = 0n;
    for (const [path, entry] of this.entries) {
      sum += entry === 'directory' ? xxh64(path) : xxh64(this.bytes(path), xxh64(path));
    }
    return BigInt.asUintN(64, sum);
  }
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

/** Follows a journal, and knows at each point what is durable and what is pending. */
export class Durability {
  /** What every process and every power cut finds from here on. */
  readonly durable: FileTree;
  /** What the process itself sees. */
  readonly live: FileTree;
  readonly #sectors = new Map<number, Map<number, SectorPending>>();
  readonly #sizes = new Map<number, SizePending>();
  #names: NamePending[] = [];

  constructor(start: FileTree) {
    this.durable = start.copy();
    this.live = start.copy();
  }

  copy(): Durability {
    const copy = new Durability(this.live);
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
        this.durable.contents.set(effect.inode, { bytes: new Uint8Array(0), size: 0, shared: false });
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
    const { bytes, size } = this.live.content(inode);
    const sectors = this.#sectors.get(inode) ?? new Map<number, SectorPending>();
    this.#sectors.set(inode, sectors);
    for (let sector = Math.floor(from / SECTOR_BYTES); sector * SECTOR_BYTES < to; sector += 1) {
      const at = sector * SECTOR_BYTES;
      const version = new Uint8Array(SECTOR_BYTES);
      version.set(bytes.subarray(at, Math.min(at + SECTOR_BYTES, size)));
      const pending = sectors.get(sector) ?? { kind: 'sector', inode, sector, versions: [], forgotten: false };
      // What is written over itself can only be found as it is.
      if (pending.versions.length === 0 && this.#isDurable(inode, at, version)) continue;
      pending.versions.push(version);
      pending.forgotten = false;
      sectors.set(sector, pending);
    }
    if (size !== (this.#sizes.get(inode)?.versions.at(-1) ?? this.durable.content(inode).size)) this.#resized(inode);
  }

  #isDurable(inode: number, at: number, version: Uint8Array): boolean {
    const { bytes, size } = this.durable.content(inode);
    for (let i = 0; i < version.length; i += 1) if (version[i] !== (at + i < size ? bytes[at + i] : 0)) return false;
    return true;
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
