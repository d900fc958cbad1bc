/**
 * Which files of L1 and L2 a store still needs. Each epoch has its own; those of earlier epochs serve as further copies, and after a
 * crash as evidence of it, until two snapshots of later epochs hold more than they do.
 */

import { join } from 'node:path';
import type { Storage } from '../storage/storage.ts';
import { parseMappedName, parseSlotName, type StoreLayout } from '../store/layout.ts';
import { isAcceptance, lineageOf, onLineage, readLineage } from '../store/lineage.ts';
import { readMapped } from './mapped-reader.ts';
import { readSlots } from './slot-reader.ts';
import { readSnapshots } from './snapshot-reader.ts';
import { isWhole, type TierHead } from './tier-copy.ts';

/** Copies that must hold more than a file does before it goes. */
const SNAPSHOTS_NEEDED = 2;

/**
 * Removes the L1 and L2 files of epochs before the oldest of the two newest snapshots whose every page is proven. What is evidence
 * stays: a file that cannot be read, or that tells of LSNs that the lineage left behind; and all of them in an accepted epoch, where
 * people still look at the crash. What a power loss brings back is freed again.
 *
 * @param present the epoch that is open
 * @returns bytes freed
 */
export function freeEarlierEpochs(storage: Storage, layout: StoreLayout, storeId: Uint8Array, present: number): number {
  const earlier = [
    ...storage.list(layout.l1).map((name) => ({ folder: 'l1', name, epoch: parseMappedName(name) })),
    ...storage.list(layout.l2).map((name) => ({ folder: 'l2', name, epoch: parseSlotName(name)?.epoch ?? null })),
  ].filter((file) => file.epoch !== null && file.epoch < present);
  const { epochs } = readLineage(storage, layout, storeId);
  if (earlier.length === 0 || isAcceptance(epochs.get(present)?.reason)) return 0;
  const path = lineageOf(epochs, present);
  const isOnLineage = ({ mark }: TierHead) => mark !== null && onLineage(path, mark.epoch, mark.lsn);
  const mapped = readMapped(storage, layout, storeId, '');
  const heads = [...mapped.heads, ...readSlots(storage, layout, storeId)];
  const due = earlier.filter(({ folder, name, epoch }) => {
    const stretch = path.find((entry) => entry.epoch === epoch);
    const claims = heads.filter((head) => head.name.split('#')[0] === `${folder}/${name}`);
    const acknowledged = folder === 'l1' ? mapped.acknowledged.get(epoch!) : 0;
    return stretch !== undefined && acknowledged !== undefined && acknowledged <= stretch.to && claims.every(isOnLineage);
  });
  const proven: number[] = [];
  for (const head of due.length > 0 ? readSnapshots(storage, layout, storeId) : []) {
    if (proven.length === SNAPSHOTS_NEEDED) break;
    if (isOnLineage(head) && isWhole(head)) proven.push(head.mark!.epoch);
  }
  if (proven.length < SNAPSHOTS_NEEDED) return 0;
  let freed = 0;
  for (const { folder, name } of due.filter(({ epoch }) => epoch! < Math.min(...proven))) {
    const file = join(layout.root, folder, name);
    const opened = storage.open(file, 'read');
    freed += opened.size();
    opened.close();
    storage.remove(file);
  }
  return freed;
}
