/** What disks, people and programs do to the files of a store: every way in which one can be other than it was written. */

import { SECTOR_BYTES } from './content.ts';
import type { FileTree } from './file-tree.ts';

export type Damage =
  | { readonly kind: 'bit'; readonly path: string; readonly bit: number }
  | { readonly kind: 'truncated'; readonly path: string; readonly length: number }
  | { readonly kind: 'zeroed sector'; readonly path: string; readonly sector: number }
  /** A write that went to the wrong place, and took the place of another. */
  | {
      readonly kind: 'swapped sectors';
      readonly path: string;
      readonly sector: number;
      readonly other: string;
      readonly otherSector: number;
    }
  /** As a file system loses its way: whole blocks, each of them right by its own checksum. */
  | { readonly kind: 'swapped blocks'; readonly path: string; readonly block: number; readonly otherBlock: number }
  /** A write that was reported done and never happened. */
  | { readonly kind: 'stale sector'; readonly path: string; readonly sector: number; readonly version: number }
  | { readonly kind: 'stale block'; readonly path: string; readonly block: number; readonly version: number }
  | { readonly kind: 'deleted file'; readonly path: string }
  | { readonly kind: 'renamed file'; readonly path: string; readonly to: string }
  | { readonly kind: 'duplicated file'; readonly path: string; readonly to: string }
  /** The file of the same name of another store. */
  | { readonly kind: 'foreign file'; readonly path: string }
  /** The file as it was before. */
  | { readonly kind: 'older file'; readonly path: string; readonly version: number }
  /** A field of a checked structure with another value, and the checksums mended: what no flipped bit can make. */
  | {
      readonly kind: 'forged field';
      readonly path: string;
      readonly offset: number;
      readonly bytes: Uint8Array;
      readonly mended: readonly { readonly at: number; readonly bytes: Uint8Array }[];
      readonly field: string;
    };

export const DAMAGE_KINDS = [
  'bit',
  'truncated',
  'zeroed sector',
  'swapped sectors',
  'swapped blocks',
  'stale sector',
  'stale block',
  'deleted file',
  'renamed file',
  'duplicated file',
  'foreign file',
  'older file',
  'forged field',
] as const satisfies readonly Damage['kind'][];

/** A store to be damaged, and what its files were before. */
export interface Subject {
  readonly tree: FileTree;
  /** By path: contents that the file had earlier, oldest first. */
  readonly earlier: ReadonlyMap<string, readonly Uint8Array[]>;
  /** Another store, made the same way. */
  readonly foreign: FileTree;
}

/** What file systems place, and what the engine's pages take. */
const BLOCK_BYTES = 4096;

/** Pieces of `size` bytes, the last one shorter. */
const piecesOf = (bytes: Uint8Array, size: number): number => Math.ceil(bytes.length / size);
const pieceOf = (bytes: Uint8Array, piece: number, size: number): Uint8Array => bytes.slice(piece * size, (piece + 1) * size);
const sectorsOf = (bytes: Uint8Array): number => piecesOf(bytes, SECTOR_BYTES);
const sectorOf = (bytes: Uint8Array, sector: number): Uint8Array => pieceOf(bytes, sector, SECTOR_BYTES);
const blockOf = (bytes: Uint8Array, block: number): Uint8Array => pieceOf(bytes, block, BLOCK_BYTES);

/** Every damage of one kind to one file, by number: `at(n)` for n in [0, count). */
export interface Enumeration {
  readonly kind: Damage['kind'];
  readonly path: string;
  readonly count: number;
  at(n: number): Damage;
}

const listed = (kind: Damage['kind'], path: string, list: readonly Damage[]): Enumeration => ({
  kind,
  path,
  count: list.length,
  at: (n) => list[n]!,
});

/** All that can be done to every file, or to some. */
export function enumerate({ tree, earlier, foreign }: Subject, only: (path: string) => boolean = () => true): Enumeration[] {
  const all: Enumeration[] = [];
  const files = tree.files().filter(only);
  for (const path of files) {
    const bytes = tree.bytes(path);
    const sectors = sectorsOf(bytes);
    all.push(
      { kind: 'bit', path, count: bytes.length * 8, at: (bit) => ({ kind: 'bit', path, bit }) },
      { kind: 'truncated', path, count: bytes.length, at: (length) => ({ kind: 'truncated', path, length }) },
      { kind: 'zeroed sector', path, count: sectors, at: (sector) => ({ kind: 'zeroed sector', path, sector }) },
    );
    for (const other of files) {
      const others = sectorsOf(tree.bytes(other));
      if (other < path || others === 0) continue;
      const count = other === path ? (sectors * (sectors - 1)) / 2 : sectors * others;
      const at = (n: number): Damage => {
        if (other !== path) return { kind: 'swapped sectors', path, sector: Math.floor(n / others), other, otherSector: n % others };
        // The n-th pair of different sectors.
        let sector = 0;
        for (let left = n; ; sector += 1) {
          const pairs = sectors - 1 - sector;
          if (left < pairs) return { kind: 'swapped sectors', path, sector, other, otherSector: sector + 1 + left };
          left -= pairs;
        }
      };
      all.push({ kind: 'swapped sectors', path, count, at });
    }
    const versions = earlier.get(path) ?? [];
    all.push(
      listed('swapped blocks', path, swappedBlocks(path, bytes)),
      listed(
        'stale sector',
        path,
        stalePieces(bytes, versions, SECTOR_BYTES).map(([sector, version]) => ({ kind: 'stale sector', path, sector, version })),
      ),
      listed(
        'stale block',
        path,
        stalePieces(bytes, versions, BLOCK_BYTES).map(([block, version]) => ({ kind: 'stale block', path, block, version })),
      ),
      listed(
        'older file',
        path,
        versions.map((_, version) => ({ kind: 'older file', path, version })),
      ),
      listed('deleted file', path, [{ kind: 'deleted file', path }]),
      listed('foreign file', path, foreign.entries.has(path) ? [{ kind: 'foreign file', path }] : []),
    );
    const names = namesLike(path, files);
    all.push(
      listed(
        'renamed file',
        path,
        names.map((to) => ({ kind: 'renamed file', path, to })),
      ),
      listed(
        'duplicated file',
        path,
        names.map((to) => ({ kind: 'duplicated file', path, to })),
      ),
    );
  }
  return all.filter(({ count }) => count > 0);
}

/** Every pair of blocks of a file that are not the same. */
function swappedBlocks(path: string, bytes: Uint8Array): Damage[] {
  const found: Damage[] = [];
  const blocks = Math.floor(bytes.length / BLOCK_BYTES);
  for (let block = 0; block < blocks; block += 1) {
    for (let otherBlock = block + 1; otherBlock < blocks; otherBlock += 1) {
      if (Buffer.compare(blockOf(bytes, block), blockOf(bytes, otherBlock)) !== 0)
        found.push({ kind: 'swapped blocks', path, block, otherBlock });
    }
  }
  return found;
}

/** Each content that a piece had earlier and has no more, once: its number, and the version that it is of. */
function stalePieces(bytes: Uint8Array, versions: readonly Uint8Array[], size: number): [piece: number, version: number][] {
  const found: [number, number][] = [];
  for (let piece = 0; piece < piecesOf(bytes, size); piece += 1) {
    const seen = new Set([Buffer.from(pieceOf(bytes, piece, size)).toString('latin1')]);
    for (const [version, earlier] of versions.entries()) {
      const text = Buffer.from(staleOf(bytes, earlier, piece, size)).toString('latin1');
      if (seen.has(text)) continue;
      seen.add(text);
      found.push([piece, version]);
    }
  }
  return found;
}

/** A piece of the file as it was; what the file did not have then is zeros. */
function staleOf(bytes: Uint8Array, earlier: Uint8Array, piece: number, size: number): Uint8Array {
  const stale = new Uint8Array(pieceOf(bytes, piece, size).length);
  stale.set(pieceOf(earlier, piece, size).subarray(0, stale.length));
  return stale;
}

/** Names that another file of its kind has or could have: the others of its folder, and each of its numbers one up or down. */
function namesLike(path: string, files: readonly string[]): string[] {
  const folder = path.slice(0, path.lastIndexOf('/') + 1);
  const others = files.filter((other) => other !== path && other.startsWith(folder));
  const name = path.slice(folder.length);
  const near = [...name.matchAll(/\d{8,}/g)].flatMap((match) =>
    [-1, 1].map((step) => {
      const number = String(Math.max(0, Number(match[0]) + step)).padStart(match[0].length, '0');
      return `${folder}${name.slice(0, match.index)}${number}${name.slice(match.index + match[0].length)}`;
    }),
  );
  return [...new Set([...others, ...near])].filter((other) => other !== path);
}

/** The store with this damage; the subject stays as it is. */
export function damaged({ tree, earlier, foreign }: Subject, damage: Damage): FileTree {
  const copy = tree.copy();
  const { path } = damage;
  const inode = copy.entries.get(path) as number;
  switch (damage.kind) {
    case 'bit':
      {
        const byte = new Uint8Array(1);
        copy.content(inode).read(byte, 0, 1, damage.bit >> 3);
        copy.write(inode, damage.bit >> 3, Uint8Array.of(byte[0]! ^ (1 << (damage.bit & 7))));
      }
      return copy;
    case 'truncated':
      copy.resize(inode, damage.length);
      return copy;
    case 'zeroed sector':
      copy.write(inode, damage.sector * SECTOR_BYTES, new Uint8Array(sectorOf(tree.bytes(path), damage.sector).length));
      return copy;
    case 'swapped sectors': {
      const { sector, other, otherSector } = damage;
      const [one, two] = [sectorOf(tree.bytes(path), sector), sectorOf(tree.bytes(other), otherSector)];
      copy.write(inode, sector * SECTOR_BYTES, two.subarray(0, one.length));
      copy.write(copy.entries.get(other) as number, otherSector * SECTOR_BYTES, one.subarray(0, two.length));
      return copy;
    }
    case 'swapped blocks': {
      const bytes = tree.bytes(path);
      copy.write(inode, damage.block * BLOCK_BYTES, blockOf(bytes, damage.otherBlock));
      copy.write(inode, damage.otherBlock * BLOCK_BYTES, blockOf(bytes, damage.block));
      return copy;
    }
    case 'stale sector': {
      const stale = staleOf(tree.bytes(path), earlier.get(path)![damage.version]!, damage.sector, SECTOR_BYTES);
      copy.write(inode, damage.sector * SECTOR_BYTES, stale);
      return copy;
    }
    case 'stale block': {
      const stale = staleOf(tree.bytes(path), earlier.get(path)![damage.version]!, damage.block, BLOCK_BYTES);
      copy.write(inode, damage.block * BLOCK_BYTES, stale);
      return copy;
    }
    case 'deleted file':
      copy.delete(path);
      return copy;
    case 'renamed file':
      copy.put(damage.to, tree.bytes(path));
      copy.delete(path);
      return copy;
    case 'duplicated file':
      copy.put(damage.to, tree.bytes(path));
      return copy;
    case 'foreign file':
      copy.put(path, foreign.bytes(path));
      return copy;
    case 'older file':
      copy.put(path, earlier.get(path)![damage.version]!);
      return copy;
    case 'forged field':
      copy.write(inode, damage.offset, damage.bytes);
      for (const { at, bytes } of damage.mended) copy.write(inode, at, bytes);
      return copy;
  }
}

/** In words. */
export function describeDamage(damage: Damage): string {
  const { kind, path } = damage;
  switch (damage.kind) {
    case 'bit':
      return `bit ${damage.bit & 7} of byte ${damage.bit >> 3} of ${path} flipped`;
    case 'truncated':
      return `${path} truncated to ${damage.length} bytes`;
    case 'zeroed sector':
      return `sector ${damage.sector} of ${path} zeroed`;
    case 'swapped sectors':
      return `sector ${damage.sector} of ${path} and sector ${damage.otherSector} of ${damage.other} swapped`;
    case 'swapped blocks':
      return `blocks ${damage.block} and ${damage.otherBlock} of ${path} swapped`;
    case 'stale block':
      return `block ${damage.block} of ${path} as it was in version ${damage.version}`;
    case 'stale sector':
      return `sector ${damage.sector} of ${path} as it was in version ${damage.version}`;
    case 'renamed file':
    case 'duplicated file':
      return `${kind} ${path} -> ${damage.to}`;
    case 'forged field':
      return `${damage.field} of ${path} set to 0x${Buffer.from(damage.bytes).reverse().toString('hex')}, the checksums mended`;
    case 'older file':
      return `${path} as it was in version ${damage.version}`;
    default:
      return `${kind} ${path}`;
  }
}
