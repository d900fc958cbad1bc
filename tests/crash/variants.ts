/**
 * What else may have happened to the files of a store that died: each variant damages a copy and says what a recovery owes then.
 * Offsets are those of docs/FORMATS.md, written down here again.
 */

import fs from 'node:fs';
import type { Random } from '../../simulation/model/random.ts';
import { filesIn, flipBit, framesOf, removeFiles } from '../support/store-files.ts';

/**
 * `whole`: everything that was recovered from the undamaged store, from this base where one is named. `salvaged`: the same, with pages
 * from other copies. `judged`: any right state that holds every acknowledgement, or a refusal.
 */
export type Owed =
  | { readonly kind: 'whole'; readonly base?: 'L1' | 'L2' | 'L3' | 'L4' }
  | { readonly kind: 'salvaged' }
  | { readonly kind: 'judged' };

export interface Variant {
  readonly name: string;
  /** Damages the copy; null where this store has not what the variant needs. */
  readonly apply: (root: string, random: Random) => Owed | null;
}

const judged: Owed = { kind: 'judged' };
const whole: Owed = { kind: 'whole' };
const PAGE = 4096;

const viewOf = (bytes: Buffer) => new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
const pagesAt = (view: DataView, markAt: number): number => view.getUint32(markAt + 4, true);

const isWritten = (path: string): boolean =>
  fs
    .readFileSync(path)
    .subarray(0, PAGE)
    .some((byte) => byte !== 0);
const writtenSegments = (root: string): string[] => filesIn(root, 'wal', /\.wal$/).filter(isWritten);
const newestSnapshot = (root: string): string | undefined =>
  filesIn(root, 'l3', /\.snapshot$/)
    .sort((a, b) => (a.slice(-25) < b.slice(-25) ? -1 : 1))
    .at(-1);
const newestMap = (root: string): string | undefined => filesIn(root, 'l1', /\.map$/).at(-1);
const newestSlots = (root: string): string[] => {
  const files = filesIn(root, 'l2', /\.slot$/).filter(isWritten);
  const epoch = files.at(-1)?.slice(-15, -7);
  return files.filter((path) => path.slice(-15, -7) === epoch);
};

function truncated(path: string | undefined, random: Random): Owed | null {
  if (path === undefined) return null;
  fs.truncateSync(path, random.below(fs.statSync(path).size));
  return judged;
}

/** Changes a byte of page `page` at `at`, in its rows; false where the page is free or of another table there. */
function spoilPage(path: string, at: number, page: number): boolean {
  const bytes = fs.readFileSync(path);
  const view = viewOf(bytes);
  if (at + PAGE > bytes.length || view.getUint32(at + 16, true) !== page || view.getUint16(at + 24, true) === 0) return false;
  bytes[at + 40]! ^= 0x5a;
  fs.writeFileSync(path, bytes);
  return true;
}

function disjointPages(root: string): Owed | null {
  const map = newestMap(root);
  const slots = newestSlots(root);
  const snapshot = newestSnapshot(root);
  if (!map || slots.length < 2 || !snapshot) return null;
  const mapped = viewOf(fs.readFileSync(map));
  const pages = Math.min(
    ...[8192, 12_288].map((at) => pagesAt(mapped, at + 16)),
    ...slots.map((path) => pagesAt(viewOf(fs.readFileSync(path)), 40)),
  );
  if (pages < 8) return null;
  // Three pages of hot tables that every copy holds.
  const tableOf = (page: number) => mapped.getUint16(16_384 + PAGE * (2 * page) + 24, true);
  const hot = Array.from({ length: pages }, (_, page) => page).filter((page) => tableOf(page) !== 0);
  const [a, b] = [hot[1]!, hot[3]!];
  for (const slot of [0, 1]) if (!spoilPage(map, 16_384 + PAGE * (2 * a + slot), a)) return null;
  for (const path of slots) {
    const pagesMax = viewOf(fs.readFileSync(path)).getUint32(32, true);
    if (!spoilPage(path, PAGE + Math.ceil((pagesMax * 16) / PAGE) * PAGE + PAGE * b, b)) return null;
  }
  // A snapshot keeps 256 pages in a chunk: where there are more, one that holds neither page is spoilt as well.
  const bytes = fs.readFileSync(snapshot);
  const view = viewOf(bytes);
  const chunks = view.getUint32(32, true);
  if (chunks > 1) flipBit(snapshot, (Number(view.getBigUint64(128 + 32 * (chunks - 1), true)) + 20) * 8);
  return { kind: 'salvaged' };
}

export const VARIANTS: readonly Variant[] = [
  { name: 'nothing', apply: () => whole },
  {
    name: 'L1 deleted',
    apply(root) {
      removeFiles(root, 'l1');
      return newestSlots(root).length === 0 ? whole : { kind: 'whole', base: 'L2' };
    },
  },
  {
    name: 'L2 deleted',
    apply(root) {
      removeFiles(root, 'l2');
      return whole;
    },
  },
  {
    name: 'L3 deleted',
    apply(root) {
      removeFiles(root, 'l3');
      return whole;
    },
  },
  {
    name: 'L4 deleted',
    apply(root) {
      removeFiles(root, 'l4');
      return whole;
    },
  },
  {
    name: 'L1 and L2 deleted',
    apply(root) {
      removeFiles(root, 'l1', 'l2');
      return filesIn(root, 'l3', /\.snapshot$/).length === 0 ? whole : { kind: 'whole', base: 'L3' };
    },
  },
  {
    name: 'L1, L2 and L3 deleted',
    apply(root) {
      removeFiles(root, 'l1', 'l2', 'l3');
      return filesIn(root, 'l4', /\.db$/).length === 0 ? whole : { kind: 'whole', base: 'L4' };
    },
  },
  { name: 'L1 cut', apply: (root, random) => truncated(newestMap(root), random) },
  { name: 'L2 cut', apply: (root, random) => truncated(random.pick(newestSlots(root)), random) },
  {
    name: 'L1 deleted and L2 cut',
    apply(root, random) {
      removeFiles(root, 'l1');
      return truncated(random.pick(newestSlots(root)), random);
    },
  },
  {
    name: 'a bit of the newest snapshot',
    apply(root, random) {
      const path = newestSnapshot(root);
      if (!path) return null;
      flipBit(path, random.below(fs.statSync(path).size * 8));
      if (random.chance(0.7)) removeFiles(root, 'l1', 'l2');
      return judged;
    },
  },
  {
    name: 'a bit of L1 or L2',
    apply(root, random) {
      const path = random.pick([newestMap(root)!, ...newestSlots(root)]);
      flipBit(path, random.below(Math.min(fs.statSync(path).size, 400_000) * 8));
      return judged;
    },
  },
  {
    name: 'garbage behind the last frame',
    apply(root, random) {
      const last = framesOf(root).at(-1);
      if (!last) return null;
      const bytes = fs.readFileSync(last.path);
      const from = last.offset + last.bytes;
      const length = Math.min(1 + random.below(3_000), bytes.length - from);
      for (let i = 0; i < length; i += 1) bytes[from + i] = random.below(256);
      // Half of the time it looks like the beginning of a frame.
      if (random.chance(0.5) && length > 200) bytes.copyWithin(from, last.offset, last.offset + Math.min(150, last.bytes - 1));
      fs.writeFileSync(last.path, bytes);
      return whole;
    },
  },
  {
    name: 'the last frame cut',
    apply(root, random) {
      const last = framesOf(root).at(-1);
      if (!last) return null;
      const keep = last.offset + 1 + random.below(last.bytes - 1);
      if (random.chance(0.5)) fs.truncateSync(last.path, keep);
      else {
        const bytes = fs.readFileSync(last.path);
        bytes.fill(0, keep);
        fs.writeFileSync(last.path, bytes);
      }
      if (random.chance(0.3)) removeFiles(root, 'l2', 'l3');
      return judged;
    },
  },
  {
    name: 'a byte of a frame',
    apply(root, random) {
      const frames = framesOf(root);
      const hit = random.pick(frames);
      flipBit(hit.path, (hit.offset + random.below(hit.bytes)) * 8 + random.below(8));
      const gone = random.pick([[], ['l1'], ['l1', 'l2'], ['l2', 'l3']]);
      // Without L1 nothing proves that the very last frame was acknowledged.
      removeFiles(root, ...(hit === frames.at(-1) ? ['l2'] : gone));
      return judged;
    },
  },
  {
    name: 'the log deleted from some point',
    apply(root, random) {
      // L1 stays: it holds the watermark. Without it nothing is left that knows of what followed.
      const segments = filesIn(root, 'wal', /\.wal$/);
      for (const path of segments.slice(1 + random.below(segments.length - 1))) fs.rmSync(path);
      if (random.chance(0.5)) removeFiles(root, random.pick(['l2', 'l3']));
      return judged;
    },
  },
  {
    name: 'the log deleted up to some point',
    apply(root, random) {
      const segments = writtenSegments(root);
      if (segments.length < 3) return null;
      for (const path of segments.slice(0, 1 + random.below(segments.length - 2))) fs.rmSync(path);
      if (random.chance(0.7)) removeFiles(root, 'l1', 'l2');
      return judged;
    },
  },
  {
    name: 'a segment missing in the middle',
    apply(root, random) {
      const segments = writtenSegments(root);
      if (segments.length < 3) return null;
      fs.rmSync(segments[1 + random.below(segments.length - 2)]!);
      removeFiles(root, ...random.pick([['l1'], ['l1', 'l2'], []]));
      return judged;
    },
  },
  {
    name: 'the header of a segment',
    apply(root, random) {
      const path = random.pick(writtenSegments(root));
      flipBit(path, random.below(PAGE * 8));
      removeFiles(root, ...random.pick([['l1'], ['l1', 'l2'], []]));
      return judged;
    },
  },
  { name: 'bad pages in L1, L2 and L3, each another', apply: disjointPages },
  {
    name: 'an epoch record',
    apply(root, random) {
      const path = random.pick(filesIn(root, 'lineage', /\.epoch$/));
      flipBit(path, random.below(128 * 8));
      return judged;
    },
  },
];
