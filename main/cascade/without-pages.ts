/**
 * A state without the pages of which no copy is good. The log is replayed past them, so that everything else is as young as it can be; the
 * pages stay empty, for what the log says of their rows are changes of rows that are gone. Only a person may go on with it.
 */

import { PAGE_BYTES, type Table } from '../../shared/model/schema.ts';
import { TABLE_LIST, TABLES } from '../../shared/model/tables.ts';
import type { Image } from '../image/image.ts';
import { rowsIn } from '../tiers/tier-copy.ts';
import type { Assembly } from './assemble.ts';

/** Above every LSN: no change is younger than the page. */
const CLOSED = Number.MAX_SAFE_INTEGER;

/** Rows of others mean nothing without these. */
const REFERRED: ReadonlySet<string> = new Set([
  'dictionary',
  'chunks',
  ...TABLE_LIST.flatMap(({ columns }) => columns.flatMap(({ type }) => (type.kind === 'link' ? [type.table] : []))),
]);

/** What an assembly had put together, kept while others are tried. */
export interface Incomplete {
  readonly assembly: Assembly;
  readonly pages: Uint8Array;
}

export const incomplete = (image: Image, assembly: Assembly): Incomplete => ({
  assembly,
  pages: image.bytes.slice(0, assembly.pageCount * PAGE_BYTES),
});

interface LostPage {
  readonly page: number;
  readonly table: Table;
  readonly index: number;
}

/** null where nothing tells what a lost page was for, or others refer to its rows. */
function lostPages({ copies, lost }: Assembly): LostPage[] | null {
  const pages: LostPage[] = [];
  for (const { page } of lost) {
    const found = rowsIn(copies, page);
    if (!found || REFERRED.has(found.table)) return null;
    const table = TABLES[found.table as keyof typeof TABLES];
    pages.push({ page, table, index: found.rows[0] / table.rowsPerPage });
  }
  return pages;
}

/**
 * Puts the pages back, with empty ones for those that are lost, and hands the image to `replay`.
 *
 * @returns what `replay` returns; null where the state cannot do without these pages
 */
export function withoutPages<T>(image: Image, { assembly, pages }: Incomplete, replay: () => T): T | null {
  const lost = lostPages(assembly);
  if (!lost) return null;
  image.clear();
  image.bytes.set(pages);
  image.mapPages(assembly.pageCount);
  image.lsn = assembly.hot!.mark.lsn;
  for (const { page, table, index } of lost) {
    image.addPage(table, index, page);
    image.setPageLsn(page, CLOSED);
  }
  const replayed = replay();
  for (const { page } of lost) image.setPageLsn(page, image.lsn);
  image.sealChanged();
  return replayed;
}
