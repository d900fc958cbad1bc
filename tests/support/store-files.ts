/** What tests do to the files of a store: copies, damage, and a look inside. */

import fs from 'node:fs';
import { join } from 'node:path';

export const filesIn = (root: string, directory: string, pattern = /./): string[] => {
  const path = join(root, directory);
  if (!fs.existsSync(path)) return [];
  return fs
    .readdirSync(path)
    .filter((name) => pattern.test(name))
    .sort()
    .map((name) => join(path, name));
};

/** A copy of a store beside it. */
export function copyStore(root: string, name: string): string {
  const copy = join(root, '..', name);
  fs.rmSync(copy, { recursive: true, force: true });
  fs.cpSync(root, copy, { recursive: true });
  return copy;
}

/** Empties the directories of tiers, or of the log. */
export function removeFiles(root: string, ...directories: readonly string[]): void {
  for (const directory of directories) for (const file of filesIn(root, directory)) fs.rmSync(file);
}

export function flipBit(path: string, bit: number): void {
  const bytes = fs.readFileSync(path);
  bytes[bit >> 3]! ^= 1 << (bit & 7);
  fs.writeFileSync(path, bytes);
}

export interface FoundFrame {
  readonly path: string;
  readonly offset: number;
  readonly bytes: number;
  readonly firstLsn: number;
  readonly lastLsn: number;
  readonly durableLsn: number;
}

/** Frames of a log by a reader of its own: it trusts the lengths, and stops at the first place without the magic. */
export function framesOf(root: string): FoundFrame[] {
  const frames: FoundFrame[] = [];
  for (const path of filesIn(root, 'wal', /\.wal$/)) {
    const bytes = fs.readFileSync(path);
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    for (let offset = 4096; offset + 80 <= bytes.length && view.getUint32(offset + 8, true) === 0x4d524652; ) {
      const firstLsn = Number(view.getBigUint64(offset + 48, true));
      const count = view.getUint32(offset + 56, true);
      const length = 80 + view.getUint32(offset + 60, true);
      frames.push({
        path,
        offset,
        bytes: length,
        firstLsn,
        lastLsn: firstLsn + count - 1,
        durableLsn: Number(view.getBigUint64(offset + 64, true)),
      });
      offset += length;
    }
  }
  return frames;
}
