/** Every page of the archive against its checksum: SQLite would not see a byte that changed in a row. */

import { join } from 'node:path';
import { PAGE_BYTES } from '../../shared/model/schema.ts';
import type { Storage } from '../storage/storage.ts';
import { ARCHIVE_FILE_NAME, ARCHIVE_SUMS_NAME, type StoreLayout } from '../store/layout.ts';
import { checkDatabase } from '../tiers/archive-reader.ts';
import { readSums, sumPages } from '../tiers/archive-sums.ts';
import type { FileFindings } from './file-findings.ts';

const FILE = `l4/${ARCHIVE_FILE_NAME}`;
const SUMS = `l4/${ARCHIVE_SUMS_NAME}`;

export function verifyArchive(storage: Storage, layout: StoreLayout, storeId: Uint8Array, findings: FileFindings): void {
  const path = join(layout.l4, ARCHIVE_FILE_NAME);
  const there = storage.exists(path);
  const known = findings.reading(SUMS, () => readSums(storage, join(layout.l4, ARCHIVE_SUMS_NAME), storeId));
  if (known === undefined) return;
  if (!known) {
    if (there) findings.add(FILE, 'damaged', 'SUMS_MISSING', 'the checksums of its pages are gone: nobody can tell whether it is whole');
    return;
  }
  if (!known.sealed) {
    findings.add(SUMS, 'torn', 'UNSEALED', 'the engine died while it archived: what it wrote is checked as a database, not page by page');
    const trouble = there ? findings.attempt(FILE, () => checkDatabase(path, storage.isLocked(layout.lock))) : null;
    if (trouble) findings.add(FILE, 'damaged', 'DATABASE_DAMAGED', trouble, { whole: true });
    return;
  }
  const sums = findings.reading(FILE, () => sumPages(storage, path));
  if (!sums) return;
  if (sums.length !== known.sums.length)
    findings.add(FILE, 'damaged', 'SIZE_WRONG', `it has ${sums.length} pages, and ${known.sums.length} were sealed`, {
      offset: Math.min(sums.length, known.sums.length) * PAGE_BYTES,
    });
  for (const [page, sum] of sums.entries())
    if (known.sums[page] !== undefined && known.sums[page] !== sum)
      findings.add(FILE, 'damaged', 'PAGE_DAMAGED', `page ${page} of the database does not match its checksum`, {
        offset: page * PAGE_BYTES,
      });
}
