/**
 * Takes checkpoints from the writer to L2, and from a whole L2 slot to L3 and L4; frees the log behind its floor. It runs in the
 * tier thread, or in the writer's own thread where the engine is stepped.
 */

import { join } from 'node:path';
import { type ErrorData, errorData, RearmError } from '../../shared/errors.ts';
import { PAGE_BYTES } from '../../shared/model/schema.ts';
import { formatTime } from '../../shared/units.ts';
import { CanonicalReader } from '../image/canonical.ts';
import { Image, type RowBounds } from '../image/image.ts';
import type { Clock, Storage } from '../storage/storage.ts';
import type { StoreLayout } from '../store/layout.ts';
import { readLineage } from '../store/lineage.ts';
import { freeLog } from '../wal/floor.ts';
import { ArchiveTier, archiveUnavailable } from './archive.ts';
import { freeEarlierEpochs } from './retention.ts';
import { type CheckpointJob, SlotTier } from './slots.ts';
import { writeSnapshot } from './snapshot.ts';
import { readSnapshots } from './snapshot-reader.ts';
import type { TierHead } from './tier-copy.ts';

export interface CheckpointerOptions {
  readonly layout: StoreLayout;
  readonly storeId: Uint8Array;
  readonly epoch: number;
  readonly pagesMax: number;
  readonly rowsMax: RowBounds;
  readonly l3Ms: number;
  readonly l3Keep: number;
  readonly l4Ms: number;
  readonly l4Keep: number;
  readonly archive: boolean;
  /** Operations younger than this stay reachable by LSN. */
  readonly windowMs: number;
  /** Where the archive cannot be written: keep the log (and alarm), or go on freeing it behind the snapshots. */
  readonly archiveFailure: 'keepLog' | 'freeLog';
}

/** What became of a tier's last attempt; goes to the engine's health and to the screens. */
export interface TierEvent {
  readonly tier: 'L2' | 'L3' | 'L4' | 'log';
  readonly lsn: number;
  readonly bytes: number;
  readonly ms: number;
  readonly error: ErrorData | null;
}

export class Checkpointer {
  readonly #storage: Storage;
  readonly #clock: Clock;
  readonly #options: CheckpointerOptions;
  readonly #slots: SlotTier;
  readonly #archive: ArchiveTier;
  readonly #report: (event: TierEvent) => void;
  #lastL3Ns: bigint;
  #lastL4Ns: bigint;
  #archivedLsn = 0;
  /** The last attempt failed: the policy decides whether the log waits for it. */
  #archiveFailed = false;

  constructor(storage: Storage, clock: Clock, options: CheckpointerOptions, report: (event: TierEvent) => void) {
    this.#storage = storage;
    this.#clock = clock;
    this.#options = options;
    this.#report = report;
    this.#slots = new SlotTier(storage, options.layout.l2, options.storeId, options.epoch, options.pagesMax);
    this.#archive = new ArchiveTier(storage, options.layout.l4, options.storeId, options.l4Keep);
    this.#lastL3Ns = clock.monotonicNs();
    this.#lastL4Ns = this.#lastL3Ns;
  }

  /** Writes L2, then whatever else is due. @returns whether L2 was written; where not, the next job of the slot must have every page */
  take(job: CheckpointJob): boolean {
    const written = this.#attempt('L2', job.mark.lsn, () => this.#slots.write(job));
    if (written === null) return false;
    const now = this.#clock.monotonicNs();
    if (now - this.#lastL3Ns >= BigInt(Math.round(this.#options.l3Ms * 1e6))) {
      this.#lastL3Ns = now;
      this.snapshot();
    }
    if (this.#options.archive && now - this.#lastL4Ns >= BigInt(Math.round(this.#options.l4Ms * 1e6))) {
      this.#lastL4Ns = now;
      this.archive();
    }
    return true;
  }

  /** L3 from the newest whole slot; then the log is freed up to its floor, and files of earlier epochs. Durable on return. */
  snapshot(): void {
    const { newest } = this.#slots;
    if (!newest) return;
    const { mark } = newest;
    const { layout, storeId } = this.#options;
    const written = this.#attempt('L3', mark.lsn, () => {
      const table = this.#slots.readTable(newest);
      const readPages = (first: number, target: Uint8Array): void => this.#slots.readPages(newest, first, target);
      return writeSnapshot(this.#storage, layout.l3, storeId, mark, table, readPages).bytes;
    });
    if (written === null) return;
    this.#attempt('log', mark.lsn, () => {
      const { keep, free } = this.#snapshots();
      // Not synced: what a power loss brings back is one more old copy, and is freed again.
      for (const old of free) this.#storage.remove(join(layout.root, old.name));
      const freed = freeLog(this.#storage, layout, storeId, this.#floor(keep));
      return freed + freeEarlierEpochs(this.#storage, layout, storeId, this.#options.epoch);
    });
  }

  get #windowStartNs(): bigint {
    return this.#clock.wallNs() - BigInt(Math.round(this.#options.windowMs * 1e6));
  }

  /**
   * Snapshots that stay, newest first: the configured number, and beyond it down to one that is older than the window, so that every
   * LSN of the window has a base. One that cannot be read is evidence and stays as well.
   */
  #snapshots(): { keep: readonly TierHead[]; free: readonly TierHead[] } {
    const heads = readSnapshots(this.#storage, this.#options.layout, this.#options.storeId);
    const readable = heads.filter((head) => head.mark !== null);
    const covering = readable.findIndex((head) => head.mark!.takenNs <= this.#windowStartNs);
    const count = Math.max(this.#options.l3Keep, covering < 0 ? readable.length : covering + 1);
    return { keep: readable.slice(0, count), free: readable.slice(count) };
  }

  /** The oldest LSN (exclusive) and time that the log must still reach. */
  #floor(kept: readonly TierHead[]): { lsn: number; createdBeforeNs: bigint } {
    const covering = kept.find((head) => head.mark!.takenNs <= this.#windowStartNs)?.mark?.lsn ?? 0;
    const second = kept[1]?.mark?.lsn ?? 0;
    const archived = archiveUnavailable() === null && !this.#archiveFailed;
    const archiveRules = this.#options.archive && (archived || this.#options.archiveFailure === 'keepLog');
    const lsn = Math.min(second, covering, archiveRules ? this.#archivedLsn : Number.POSITIVE_INFINITY);
    return { lsn, createdBeforeNs: this.#windowStartNs };
  }

  /** L4 from the newest whole slot. Durable on return. */
  archive(): void {
    const { newest } = this.#slots;
    if (!newest) return;
    const { mark } = newest;
    const written = this.#attempt('L4', mark.lsn, () => {
      const image = new Image(this.#options.rowsMax);
      const pages = image.bytes.subarray(0, mark.pageCount * PAGE_BYTES);
      this.#slots.readPages(newest, 0, pages);
      image.mapPages(mark.pageCount);
      const rows = this.#archive.write(
        { mark, table: this.#slots.readTable(newest), pages },
        new CanonicalReader(image),
        readLineage(this.#storage, this.#options.layout, this.#options.storeId).epochs.values(),
        formatTime(this.#clock.wallNs()) ?? '',
      );
      this.#archivedLsn = mark.lsn;
      return rows;
    });
    this.#archiveFailed = written === null;
  }

  #attempt(tier: TierEvent['tier'], lsn: number, work: () => number): number | null {
    const start = this.#clock.monotonicNs();
    const ms = () => Number(this.#clock.monotonicNs() - start) / 1e6;
    try {
      const bytes = work();
      this.#report({ tier, lsn, bytes, ms: ms(), error: null });
      return bytes;
    } catch (error) {
      const data =
        error instanceof RearmError
          ? error.toData()
          : errorData(new RearmError('IO_FAILED', `${tier}: ${(error as Error).message}`, {}, error));
      this.#report({ tier, lsn, bytes: 0, ms: ms(), error: data });
      return null;
    }
  }

  close(): void {
    this.#slots.close();
  }
}
