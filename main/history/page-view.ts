/** One page of a copy, or of the recovered image, down to its bytes and rows. */

import type { PageView } from '../../shared/contract/postmortem.ts';
import type { RecoveryReport } from '../../shared/contract/recovery.ts';
import { RearmError } from '../../shared/errors.ts';
import { base64Encode } from '../../shared/model/json.ts';
import { PAGE_BYTES } from '../../shared/model/schema.ts';
import { TABLE_BY_ID } from '../../shared/model/tables.ts';
import { CanonicalReader } from '../image/canonical.ts';
import { type Image, pagesFor } from '../image/image.ts';
import { hashPage, readPageHeader } from '../image/page.ts';
import type { Storage } from '../storage/storage.ts';
import { readIdentity, storeIdBytes } from '../store/identity.ts';
import { storeLayout } from '../store/layout.ts';
import { readArchive } from '../tiers/archive-reader.ts';
import { readMapped } from '../tiers/mapped-reader.ts';
import { readSlots } from '../tiers/slot-reader.ts';
import { readSnapshots } from '../tiers/snapshot-reader.ts';
import { type TierHead, within } from '../tiers/tier-copy.ts';

export type PageSource = 'L1' | 'L2' | 'L3' | 'L4' | 'recovered';

const hex = (value: bigint) => value.toString(16).padStart(16, '0');

export interface PageRequest {
  readonly storage: Storage;
  readonly root: string;
  readonly bootId: string;
  readonly report: RecoveryReport;
  readonly image: Image;
  readonly tier: PageSource;
  readonly page: number;
}

/** @throws RearmError NOT_FOUND where the copy has no such page; what reading the copy throws */
export function pageView(request: PageRequest): PageView {
  const { tier, page, image } = request;
  if (tier === 'recovered') {
    if (page >= image.pageCount) throw new RearmError('NOT_FOUND', `the recovered image has ${image.pageCount} pages`, { page });
    return viewOf(tier, page, image.pageBytes(page).slice(), image, 'recovered');
  }
  const { head } = pick(request, tier);
  const copy = head.load();
  if (page >= copy.mark.pageCount) throw new RearmError('NOT_FOUND', `${head.name} has ${copy.mark.pageCount} pages`, { page });
  const status = ['free', 'valid', 'bad'][copy.states[page]!]!;
  const why = copy.reasons.get(page);
  return viewOf(head.name, page, copy.pages.slice(page * PAGE_BYTES, (page + 1) * PAGE_BYTES), image, why ? `${status}: ${why}` : status);
}

/** The copy that the tier's row speaks of. */
function pick({ storage, root, bootId, report }: PageRequest, tier: Exclude<PageSource, 'recovered'>): { head: TierHead } {
  const layout = storeLayout(root);
  const identity = readIdentity(storage, root);
  const storeId = storeIdBytes(identity);
  const heads = within(
    tier === 'L1'
      ? readMapped(storage, layout, storeId, bootId).heads
      : tier === 'L2'
        ? readSlots(storage, layout, storeId)
        : tier === 'L3'
          ? readSnapshots(storage, layout, storeId)
          : readArchive(layout, identity.storeId, storage.isLocked(layout.lock)),
    pagesFor(identity.rowsMax),
  );
  const wanted = report.tiers.find((row) => row.tier === tier)?.lsn;
  // A head without a mark cannot be read; loading it throws why.
  const head = heads.find((entry) => entry.mark && entry.mark.lsn === wanted) ?? heads.find((entry) => entry.mark) ?? heads[0];
  if (!head) throw new RearmError('NOT_FOUND', `${tier} holds no copy`, { tier });
  return { head };
}

/** Rows are decoded with the recovered image's strings and instruments: a copy's page alone does not hold them. */
function viewOf(tier: string, page: number, bytes: Uint8Array, image: Image, status: string): PageView {
  const header = readPageHeader(new DataView(bytes.buffer), 0);
  const table = TABLE_BY_ID.get(header.table);
  const rows: { row: number; values: Readonly<Record<string, unknown>> }[] = [];
  if (table && page < image.pageCount && image.pageTable(page) === header.table) {
    const before = image.pageBytes(page).slice();
    image.bytes.set(bytes, page * PAGE_BYTES);
    try {
      const reader = new CanonicalReader(image);
      const first = header.index * table.rowsPerPage;
      for (let row = first; row < first + table.rowsPerPage; row += 1) {
        if (row < image.capacity(table) && image.inUse(table, row)) rows.push({ row, values: reader.row(table, row) });
      }
    } catch {
      rows.length = 0; // A damaged page may not decode; its bytes are shown all the same.
    } finally {
      image.bytes.set(before, page * PAGE_BYTES);
    }
  }
  return {
    tier,
    page,
    table: table?.name ?? null,
    lsn: Number.isFinite(header.lsn) && header.table !== 0 ? header.lsn : null,
    hashStored: header.table === 0 ? null : hex(header.hash),
    hashComputed: header.table === 0 ? null : hex(hashPage(bytes, 0)),
    status,
    bytes: base64Encode(bytes),
    rows,
  };
}
