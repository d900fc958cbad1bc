/**
 * A disk in memory that remembers what it was told and what it has promised. Every change is an effect in a journal; between a
 * change and the sync that covers it the change is pending, and a power cut keeps any of what is pending: each sector of 512 bytes
 * in any of the versions that were written, each size, each directory entry on its own.
 *
 * What it assumes: a sector is written whole or not at all, unless the disk is none with powersafe overwrite: that one may leave
 * anything in a block of 4096 bytes of which a sector was being written; a rename is atomic; a name whose directory was not synced may or may
 * not be there, whatever happened to the file behind it; fdatasync of a file promises its bytes and its size, and no name.
 * Kernel and file system promise more than that in places; the engine may not rely on it.
 */

import { dirname } from 'node:path';
import { Content, SECTOR_BYTES, Sector } from './content.ts';
import type { Effect } from './effect.ts';
import type { Entry, FileTree } from './file-tree.ts';

/**
 * Something pending, and the versions that it may be found in besides what is durable now. `forgotten`: its sync failed, the system
 * takes it for clean, and no sync writes it unless it is written again.
 */
interface SectorPending {
  readonly kind: 'sector';
  readonly inode: number;
  readonly sector: number;
  readonly versions: Sector[];
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

/** What a disk without powersafe overwrite writes as one. */
const BLOCK_BYTES = 4096;
/** In a sector of a block that was being written when the power failed, on a disk without powersafe overwrite. */
export const DESTROYED = new Sector(new Uint8Array(SECTOR_BYTES).fill(0xa5));

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
    const durable = this.durable.content(inode);
    const sectors = this.#sectors.get(inode) ?? new Map<number, SectorPending>();
    this.#sectors.set(inode, sectors);
    // A disk that destroys what it is writing destroys what it writes as one: a block.
    const unit = this.#powersafe ? SECTOR_BYTES : BLOCK_BYTES;
    const end = Math.ceil(to / unit) * unit;
    for (let sector = (Math.floor(from / unit) * unit) / SECTOR_BYTES; sector * SECTOR_BYTES < end; sector += 1) {
      const version = content.sector(sector);
      const pending = sectors.get(sector) ?? { kind: 'sector', inode, sector, versions: [], forgotten: false };
      if (pending.versions.length === 0) {
        // What is written over itself can only be found as it is.
        if (this.#powersafe && Buffer.compare(durable.sector(sector).bytes, version.bytes) === 0) continue;
        if (!this.#powersafe) pending.versions.push(DESTROYED);
      }
      pending.versions.push(version);
      pending.forgotten = false;
      sectors.set(sector, pending);
    }
    if (content.size !== (this.#sizes.get(inode)?.versions.at(-1) ?? durable.size)) this.#resized(inode);
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
      this.durable.content(inode).putSector(sector, pending.versions.at(-1)!);
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
      else tree.content(one.inode).putSector(one.sector, one.versions[choice - 1]!);
    }
    for (const inode of new Set(pending.flatMap((one) => (one.kind === 'sector' ? [one.inode] : [])))) tree.content(inode).clearPastEnd();
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
