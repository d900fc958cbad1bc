/**
 * What a checkpoint of any tier says about the image that it holds; 56 bytes inside the file's header.
 *
 * | offset | size | field | |
 * |---|---|---|---|
 * | 0 | 4 | epoch | in which it was taken |
 * | 4 | 4 | pages | the image has pages 0 to pages - 1, free ones among them |
 * | 8 | 8 | LSN | every operation up to it is in the pages, and none after it |
 * | 16 | 8 | head hash | checksum of the frame that ends at the LSN: ties the pages to one lineage; 0 at LSN 0 |
 * | 24 | 8 | hot root | sum, modulo 2^64, of the hashes of all pages of hot tables |
 * | 32 | 8 | cold root | the same of all other pages; free pages count nothing |
 * | 40 | 8 | taken | wall time, i64 nanoseconds |
 * | 48 | 8 | zero | |
 *
 * The root of the image is hot root + cold root, modulo 2^64.
 */

export interface CheckpointMark {
  readonly epoch: number;
  /** Every operation up to this LSN is in the pages, and none after it. */
  readonly lsn: number;
  /** Checksum of the frame that ends at the LSN: ties the pages to one lineage. */
  readonly headHash: bigint;
  readonly hotRoot: bigint;
  readonly coldRoot: bigint;
  readonly pageCount: number;
  readonly takenNs: bigint;
}

/** Stored form of a {@link CheckpointMark}. */
export const MARK_BYTES = 56;

export function encodeMark(view: DataView, at: number, mark: CheckpointMark): void {
  view.setUint32(at, mark.epoch, true);
  view.setUint32(at + 4, mark.pageCount, true);
  view.setBigUint64(at + 8, BigInt(mark.lsn), true);
  view.setBigUint64(at + 16, mark.headHash, true);
  view.setBigUint64(at + 24, mark.hotRoot, true);
  view.setBigUint64(at + 32, mark.coldRoot, true);
  view.setBigInt64(at + 40, mark.takenNs, true);
  view.setBigUint64(at + 48, 0n, true);
}

/** Null where the LSN is out of range: the caller has checked the checksum, so that this is hostile, not damage. */
export function decodeMark(view: DataView, at: number): CheckpointMark | null {
  const lsn = view.getBigUint64(at + 8, true);
  if (lsn > BigInt(Number.MAX_SAFE_INTEGER)) return null;
  return {
    epoch: view.getUint32(at, true),
    pageCount: view.getUint32(at + 4, true),
    lsn: Number(lsn),
    headHash: view.getBigUint64(at + 16, true),
    hotRoot: view.getBigUint64(at + 24, true),
    coldRoot: view.getBigUint64(at + 32, true),
    takenNs: view.getBigInt64(at + 40, true),
  };
}

/** Sum of two roots: that of the whole image. */
export const rootOf = (mark: CheckpointMark): bigint => BigInt.asUintN(64, mark.hotRoot + mark.coldRoot);

/** A page table entry: {lsn u64, hash u64}. */
export const PAGE_ENTRY_BYTES = 16;
