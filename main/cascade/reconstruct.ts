/**
 * The last step of the cascade: nothing of the state is left, so that it is made anew of what the venues answer. Here is only its
 * beginning, an empty state above every LSN that the store's files show. What fills it are decisions on the breaks between it and the
 * venues, in the epoch that accepts it.
 */

import { RearmError } from '../../shared/errors.ts';
import { stateDigest } from '../image/canonical.ts';
import { Image } from '../image/image.ts';
import type { Storage } from '../storage/storage.ts';
import { type StoreIdentity, storeIdBytes } from '../store/identity.ts';
import { parseSnapshotName, storeLayout } from '../store/layout.ts';
import { readLineage } from '../store/lineage.ts';
import { readMapped } from '../tiers/mapped-reader.ts';
import { highestLsn } from '../wal/segment-scan.ts';
import type { Recovery } from './recover.ts';

/** What no venue can tell. */
const UNKNOWN = 'whose strategy and trader a position belongs to, the limits, the losses of the day and the decisions of before';

/**
 * @param recovery one that found nothing
 * @throws RearmError RECONSTRUCTION_REFUSED where something of the state was recovered
 */
export function reconstructed(recovery: Recovery, storage: Storage, root: string): Recovery {
  const { report, identity } = recovery;
  // A log whose very first frame is bad is recovered to its beginning: that is nothing.
  if (recovery.image && recovery.image.lsn > 0)
    throw new RearmError(
      'RECONSTRUCTION_REFUSED',
      `the state can be recovered to LSN ${report.lsn}: what the venues know is less than that`,
      { lsn: report.lsn, outcome: report.outcome },
    );
  const lsn = Math.max(report.acknowledgedLsn, ...report.copies.map((copy) => copy.lsn), ...lsnsShown(storage, root, identity));
  const image = new Image(identity.rowsMax);
  image.lsn = lsn;
  const reason = `the state is what the venues answer; nobody knows ${UNKNOWN}`;
  return {
    ...recovery,
    image,
    headHash: 0n,
    reconstructed: true,
    report: {
      ...report,
      sentence: `Nothing of the state is left: it is made anew of what the venues answer, above LSN ${lsn}.`,
      base: 'L5',
      baseLsn: lsn,
      lsn,
      stateDigest: stateDigest(image),
      root: image.root.toString(16).padStart(16, '0'),
      headHash: '0'.repeat(16),
      tiers: report.tiers.map((tier) => (tier.tier === 'L5' ? { ...tier, status: 'valid', chosen: true, lsn, reason } : tier)),
      findings: [...report.findings, { code: 'RECONSTRUCTED', severity: 'critical', message: `${reason}: REDUCING at most` }],
    },
  };
}

/** LSNs that the files show, on whatever branch: none of them is given out again. */
function lsnsShown(storage: Storage, root: string, identity: StoreIdentity): number[] {
  const layout = storeLayout(root);
  const storeId = storeIdBytes(identity);
  return [
    highestLsn(storage, layout, storeId),
    ...[...readLineage(storage, layout, storeId).epochs.values()].map(({ forkLsn }) => forkLsn),
    ...readMapped(storage, layout, storeId, '').acknowledged.values(),
    ...storage.list(layout.l3).map((name) => parseSnapshotName(name)?.lsn ?? 0),
  ];
}
