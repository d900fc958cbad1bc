/** L1's work at its least: the bytes of a checkpoint in a mapped file, made by limit.c or by the bare calls of Node. */

import fs from 'node:fs';
import { xxh64 } from '@node-rs/xxhash';
import { NativeStorage } from '../../main/storage/native.ts';
import { encodeMark } from '../../main/tiers/checkpoint.ts';
import { MAPPED_PAGES_AT, MAPPED_SLOT_HEADER_BYTES, MAPPED_SLOT_MAGIC, mappedPageAt, mappedSlotAt } from '../../main/tiers/mapped.ts';
import { PAGE_BYTES } from '../../shared/model/schema.ts';

/** Bytes before the mark in a slot's header. */
const MARK_AT = 16;
export const ROOT_AT = MARK_AT + 24;

export interface CheckpointWork {
  readonly image: Uint8Array;
  /** One word: the sum of the pages' hashes, kept from checkpoint to checkpoint. */
  readonly root: BigUint64Array;
  readonly slot: 0 | 1;
  /** Pages whose hashes are old. */
  readonly changed: Uint32Array;
  /** Pages that the slot does not have as they are now. */
  readonly lacking: Uint32Array;
  /** Filled but for its checksum and the root. */
  readonly header: Uint8Array;
}

export interface CheckpointLimit {
  /** Returns nanoseconds. */
  checkpoint(work: CheckpointWork): number;
  close(): void;
}

/** Zeros in small pieces, as ours: large ones make large folios, which slow down what comes later. */
export function makeMappedFile(path: string, pages: number): number {
  const file = new NativeStorage().open(path, 'create');
  file.allocate(mappedPageAt(pages, 0));
  file.close();
  return mappedPageAt(pages, 0);
}

/** The header of a slot, for {@link CheckpointWork}. */
export function slotHeader(slot: 0 | 1, lsn: number, pageCount: number): Uint8Array {
  const header = new Uint8Array(MAPPED_SLOT_HEADER_BYTES);
  const view = new DataView(header.buffer);
  view.setUint32(8, MAPPED_SLOT_MAGIC, true);
  view.setUint32(12, slot, true);
  encodeMark(view, MARK_AT, { epoch: 1, lsn, headHash: 0n, hotRoot: 0n, coldRoot: 0n, pageCount, takenNs: 0n });
  return header;
}

export function bareCheckpoints(path: string, pages: number): CheckpointLimit {
  const mapping = new NativeStorage().map(path, makeMappedFile(path, pages));
  return {
    checkpoint({ image, root, slot, changed, lacking, header }) {
      const start = performance.now();
      const words = new BigUint64Array(image.buffer, image.byteOffset, image.byteLength / 8);
      for (const page of changed) {
        const at = page * PAGE_BYTES;
        const hash = xxh64(image.subarray(at + 8, at + PAGE_BYTES));
        root[0] = root[0]! + hash - words[at / 8]!;
        words[at / 8] = hash;
      }
      for (const page of lacking) mapping.copyIn(mappedPageAt(page, slot), image, page * PAGE_BYTES, PAGE_BYTES);
      const view = new DataView(header.buffer);
      view.setBigUint64(ROOT_AT, root[0]!, true);
      view.setBigUint64(0, xxh64(header.subarray(8)), true);
      mapping.copyIn(mappedSlotAt(slot), header, 0, header.length);
      return (performance.now() - start) * 1e6;
    },
    close: () => mapping.close(),
  };
}

/** Where two mapped files must be equal once the same checkpoints were taken into both: in all pages, and in the roots of both slots. */
export function compareMapped(ours: string, other: string, pages: number): void {
  const [a, b] = [fs.readFileSync(ours), fs.readFileSync(other)];
  const end = mappedPageAt(pages, 0);
  if (!a.subarray(MAPPED_PAGES_AT, end).equals(b.subarray(MAPPED_PAGES_AT, end))) throw new Error(`${ours} and ${other} hold other pages`);
  for (const slot of [0, 1] as const) {
    const at = mappedSlotAt(slot) + ROOT_AT;
    if (a.readBigUInt64LE(at) !== b.readBigUInt64LE(at)) throw new Error(`${ours} and ${other} have other roots in slot ${slot}`);
  }
}
