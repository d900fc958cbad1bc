/**
 * Accepting a recovery: the act that makes its result the state that trading goes on from. It opens a new epoch on the lineage,
 * halts trading in it, writes the resolutions, takes a checkpoint and a snapshot, and puts what is damaged into quarantine.
 */

import { join } from 'node:path';
import type { RecoveryReport } from '../../shared/contract/recovery.ts';
import { RearmError } from '../../shared/errors.ts';
import type { Intent } from '../../shared/model/operations.ts';
import { reconstructed } from '../cascade/reconstruct.ts';
import { type Recovery, recover } from '../cascade/recover.ts';
import { refusalOf } from '../cascade/refusal.ts';
import type { Storage } from '../storage/storage.ts';
import { storeIdBytes } from '../store/identity.ts';
import { type StoreLayout, storeLayout } from '../store/layout.ts';
import { readArchive } from '../tiers/archive-reader.ts';
import { readSlots } from '../tiers/slot-reader.ts';
import { readSnapshots } from '../tiers/snapshot-reader.ts';
import { isWhole } from '../tiers/tier-copy.ts';
import { parseEngineConfig } from './config.ts';
import { type Platform, startOrRelease } from './start.ts';

export interface AcceptOptions {
  readonly platform: Platform;
  readonly root: string;
  /** Who accepts; goes into the halt reason and the log. */
  readonly by: string;
  /** Decisions on breaks, as operations, in order. */
  readonly resolutions?: readonly Intent[];
  /** Accept although the recovery is refused: what was proven becomes the state, and what was lost is lost on the record. */
  readonly override?: { readonly reason: string } | undefined;
  /** Nothing is left: begin with an empty state, which the resolutions fill from the venues' answers. Needs an override. */
  readonly reconstruct?: boolean | undefined;
  /** Told what was recovered before anything is written; what it throws ends the acceptance. */
  readonly recovered?: (report: RecoveryReport) => void;
  /** Smaller segments for tests; the accepted epoch is short. */
  readonly segmentBytes?: number;
}

export interface Accepted {
  readonly storeId: string;
  readonly epoch: number;
  readonly lsn: number;
  /** Checksum of the last frame of the accepted epoch, 16 hexadecimal digits: what an approval is bound to. */
  readonly headHash: string;
  readonly report: RecoveryReport;
  /** Files that were moved to quarantine/, by their former names. */
  readonly quarantined: readonly string[];
}

/** A thousand days, the most that there is: accepting frees nothing, because the log and the snapshots of a crash are evidence. */
const WINDOW_MS = 86_400_000_000;

const hex = (value: bigint) => value.toString(16).padStart(16, '0');

/**
 * Recovers once more under the store's lock and accepts the result. Everything is durable on return; trading is halted in the new
 * state. Safe to repeat: another acceptance opens another epoch.
 *
 * @throws RearmError STORE_LOCKED where a writer is alive; RECOVERY_REFUSED where a person must decide and nobody overrode,
 *   NOTHING_LEFT where there is nothing to decide upon;
 *   RECONSTRUCTION_REFUSED where something can be recovered;
 *   DISK_FULL, IO_FAILED, CHECKSUM_MISMATCH where the new epoch has no checkpoint and snapshot: nothing was set aside then, and another
 *   acceptance goes on from there;
 *   whatever {@link recover} throws
 */
export async function acceptRecovery(options: AcceptOptions): Promise<Accepted> {
  const { platform, root, by } = options;
  const { storage, clock } = platform;
  const layout = storeLayout(root);
  const lock = storage.lock(layout.lock);
  let recovery: Recovery;
  try {
    recovery = recover({ storage, clock, root, bootId: platform.bootId, locked: true });
    if (options.reconstruct) recovery = reconstructed(recovery, storage, root);
    const { report } = recovery;
    if (!recovery.image || (report.outcome === 'refused' && !options.override)) {
      throw refusalOf(report);
    }
    options.recovered?.(report);
  } catch (error) {
    lock.release();
    throw error;
  }
  const { report, image, identity, headHash } = recovery;
  const parent = recovery.epoch?.epoch ?? 0;
  const epoch = {
    epoch: nextEpoch(storage, layout, identity.storeId, parent),
    parent: options.reconstruct ? 0 : parent,
    forkLsn: report.lsn,
    forkHash: headHash,
    reason: options.reconstruct ? ('reconstructed' as const) : ('accepted' as const),
    createdNs: clock.wallNs(),
    bootId: platform.bootId,
  };
  const config = parseEngineConfig({
    commit: 'inline',
    tiers: 'inline',
    archive: false,
    windowMs: WINDOW_MS,
    // Whatever the desk's disk is: a few frames, and none is written over.
    frameAlignmentBytes: 4096,
    ...(options.segmentBytes && { segmentBytes: options.segmentBytes }),
  });
  const engine = await startOrRelease({ platform, root, identity, config, lock, epoch, image: image!, stepped: true });
  try {
    if (engine.row('risk')?.halted !== true) {
      const reason = report.closedInOrder ? 'recovery accepted' : 'the engine died';
      await engine.commit({ type: 'risk.halt', reason: `${reason}; accepted by ${by}`.slice(0, 120), time: clock.wallNs() });
    }
    for (const intent of options.resolutions ?? []) await engine.commit(intent);
    // What was lost before nobody knows: the day's loss and drawdown count from here.
    if (options.reconstruct) await engine.commit({ type: 'risk.day', day: 0, time: clock.wallNs() });
    await engine.checkpoint();
    await engine.snapshot(false);
    requireCopies(storage, layout, storeIdBytes(identity), epoch.epoch);
    const accepted = {
      storeId: identity.storeId,
      epoch: epoch.epoch,
      lsn: Number(engine.durableLsn),
      headHash: hex(engine.headHash),
      report,
      quarantined: quarantine(storage, layout, report),
    };
    await engine.abandon();
    return accepted;
  } catch (error) {
    await engine.abandon().catch(() => {});
    throw error;
  }
}

/**
 * What is damaged goes only where the new epoch stands by itself.
 *
 * @throws RearmError CHECKSUM_MISMATCH where its checkpoint or its snapshot does not read back whole
 */
function requireCopies(storage: Storage, layout: StoreLayout, storeId: Uint8Array, epoch: number): void {
  for (const [tier, all] of [
    ['checkpoint', readSlots(storage, layout, storeId)],
    ['snapshot', readSnapshots(storage, layout, storeId)],
  ] as const) {
    const heads = all.filter(({ name }) => Number(/\d{8}/.exec(name)) === epoch);
    if (heads.some((head) => head.mark && isWhole(head))) continue;
    // Where the disk did not give it, that is what is said.
    heads.find(({ problem }) => problem?.code === 'unread')?.load();
    throw new RearmError('CHECKSUM_MISMATCH', `the ${tier} of epoch ${epoch} does not read back as it was written`, { epoch });
  }
}

/** Names have eight digits for it. */
const EPOCH_MAX = 99_999_999;
/** More than an archive that cannot be read now may have images of, and no other file of the store is of. */
const UNREAD_EPOCHS = 100;

/** A number for an epoch that no file bears, readable or not, and no image in the archive. @param known the epoch that it goes on from */
function nextEpoch(storage: Storage, layout: StoreLayout, storeId: string, known: number): number {
  const archived = readArchive(layout, storeId, false);
  const borne = new Set(archived.map(({ mark }) => mark?.epoch ?? 0)).add(known);
  for (const directory of [layout.lineage, layout.wal, layout.l1, layout.l2, layout.l3, layout.side])
    for (const name of storage.list(directory)) {
      const [, number] = /^(\d{8})[-.]/.exec(name) ?? [];
      if (number !== undefined) borne.add(Number(number));
    }
  const above = Math.max(...borne) + (archived.some(({ problem }) => problem?.code === 'unread') ? UNREAD_EPOCHS : 0) + 1;
  if (above <= EPOCH_MAX) return above;
  // Somebody named a file so: it is no reason to end.
  let free = known + 1;
  while (borne.has(free)) free += 1;
  return free;
}

/** Moves the damaged files of L1, L2 and L3 aside, whole. The log and the archive stay where they are: they are history. */
function quarantine(storage: Storage, layout: StoreLayout, report: RecoveryReport): string[] {
  const damaged = new Set(
    report.findings.flatMap((finding) =>
      finding.severity === 'damage' && finding.file && /^l[123]\//.test(finding.file) ? [finding.file.split('#')[0]!] : [],
    ),
  );
  const moved: string[] = [];
  for (const name of damaged) {
    const from = join(layout.root, name);
    if (!storage.exists(from)) continue;
    const to = join(layout.quarantine, name.replaceAll('/', '-'));
    let free = to;
    for (let copy = 1; storage.exists(free); copy += 1) free = `${to}.${copy}`;
    storage.rename(from, free);
    moved.push(name);
  }
  // A rename is one step: durable at its new place, it is durable at the old one.
  if (moved.length > 0) storage.syncDirectory(layout.quarantine);
  return moved;
}
