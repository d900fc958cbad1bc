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
import { type CheckpointJob, type SlotPages, SlotTier } from './slots.ts';
import { writeSnapshot } from './snapshot.ts';
import { readSnapshots } from './snapshot-reader.ts';
import { isWhole, type TierHead } from './tier-copy.ts';

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

/** The log is freed behind the second newest: the newest may turn out to be bad. */
const SNAPSHOTS_PROVEN = 2;

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
  /** Snapshots that were whole by their headers, and are not: evidence. */
  readonly #damaged = new Set<string>();
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

  /** Writes L2, then whatever else is due. @returns why L2 was not written: the next job of the slot must have every page then */
  take(job: CheckpointJob): ErrorData | null {
    const failure = this.#attempt('L2', job.mark.lsn, () => this.#slots.write(job));
    if (failure) return failure;
    const now = this.#clock.monotonicNs();
    if (now - this.#lastL3Ns >= this.#l3Ns) {
      this.#lastL3Ns = now;
      this.snapshot();
    }
    if (this.#options.archive && now - this.#lastL4Ns >= BigInt(Math.round(this.#options.l4Ms * 1e6))) {
      this.#lastL4Ns = now;
      this.archive();
    }
    // The slot is not what was written: the next one is taken as soon as there is one.
    if (!this.#slots.newest) this.#lastL3Ns = now - this.#l3Ns;
    return null;
  }

  /**
   * L3 from the newest whole slot; then the log is freed up to its floor, and files of earlier epochs.
   *
   * @returns why there is no new snapshot; null where it is durable
   */
  snapshot(): ErrorData | null {
    const lsn = this.#slots.newest?.mark.lsn ?? 0;
    const { layout, storeId } = this.#options;
    const failure = this.#attempt('L3', lsn, () => {
      const { mark, table, read } = this.#newest();
      return writeSnapshot(this.#storage, layout.l3, storeId, mark, table, read).bytes;
    });
    if (failure) return failure;
    this.#attempt('log', lsn, () => {
      const { keep, free } = this.#snapshots();
      // Not synced: what a power loss brings back is one more old copy, and is freed again.
      for (const old of free) this.#storage.remove(join(layout.root, old.name));
      const freed =
        freeLog(this.#storage, layout, storeId, this.#floor(keep)) + freeEarlierEpochs(this.#storage, layout, storeId, this.#options.epoch);
      const [path] = this.#damaged;
      if (path) throw new RearmError('CHECKSUM_MISMATCH', `${path} is damaged: it counts for nothing, and stays`, { path });
      return freed;
    });
    return null;
  }

  #newest(): SlotPages {
    const newest = this.#slots.readNewest();
    if (!newest)
      throw new RearmError('NOT_FOUND', 'L2 holds no checkpoint that a copy could be made of', { path: this.#options.layout.l2 });
    return newest;
  }

  get #l3Ns(): bigint {
    return BigInt(Math.round(this.#options.l3Ms * 1e6));
  }

  get #windowStartNs(): bigint {
    return this.#clock.wallNs() - BigInt(Math.round(this.#options.windowMs * 1e6));
  }

  /**
   * Snapshots that stay, newest first: the configured number, and beyond it down to one that is older than the window, so that every
   * LSN of the window has a base. One that cannot be read, or is not whole, counts for nothing; it is evidence and stays as well. What the
   * others, and the log, go on the strength of is looked at from end to end, and so is what goes.
   */
  #snapshots(): { keep: readonly TierHead[]; free: readonly TierHead[] } {
    const keep: TierHead[] = [];
    const free: TierHead[] = [];
    let covered = false;
    for (const head of readSnapshots(this.#storage, this.#options.layout, this.#options.storeId)) {
      if (head.mark === null || this.#damaged.has(head.name)) continue;
      const goes = covered && keep.length >= this.#options.l3Keep;
      const covers: boolean = !covered && head.mark.takenNs <= this.#windowStartNs;
      if ((goes || covers || keep.length < SNAPSHOTS_PROVEN) && !isWhole(head)) {
        this.#damaged.add(head.name);
        continue;
      }
      covered ||= covers;
      (goes ? free : keep).push(head);
    }
    return { keep, free };
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

  /** L4 from the newest whole slot. @returns why nothing was archived; null where it is durable */
  archive(): ErrorData | null {
    const failure = this.#attempt('L4', this.#slots.newest?.mark.lsn ?? 0, () => {
      const { mark, table, read } = this.#newest();
      const image = new Image(this.#options.rowsMax);
      const pages = image.bytes.subarray(0, mark.pageCount * PAGE_BYTES);
      read(0, pages);
      image.mapPages(mark.pageCount);
      const rows = this.#archive.write(
        { mark, table, pages },
        new CanonicalReader(image),
        readLineage(this.#storage, this.#options.layout, this.#options.storeId).epochs.values(),
        formatTime(this.#clock.wallNs()) ?? '',
      );
      this.#archivedLsn = mark.lsn;
      return rows;
    });
    this.#archiveFailed = failure !== null;
    return failure;
  }

  #attempt(tier: TierEvent['tier'], lsn: number, work: () => number): ErrorData | null {
    const start = this.#clock.monotonicNs();
    const ms = () => Number(this.#clock.monotonicNs() - start) / 1e6;
    try {
      const bytes = work();
      this.#report({ tier, lsn, bytes, ms: ms(), error: null });
      return null;
    } catch (error) {
      const data =
        error instanceof RearmError
          ? error.toData()
          : errorData(new RearmError('IO_FAILED', `${tier}: ${(error as Error).message}`, {}, error));
      this.#report({ tier, lsn, bytes: 0, ms: ms(), error: data });
      return data;
    }
  }

  close(): void {
    this.#slots.close();
  }
}
