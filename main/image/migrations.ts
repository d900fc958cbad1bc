/**
 * The ladder of row layouts: carries a whole checkpoint from an older layout over to the present one.
 *
 * When shared/model/tables.ts changes a layout: raise LAYOUT_VERSION and SEGMENT_VERSION (the records of a segment are written in
 * the layout of their day), copy the tables as they were into a file of their own here, and add `layoutRung(version, theirs)`.
 * Where the step before the last one gets a successor, its `newer` becomes those tables.
 *
 * Row numbers stay, because rows refer to each other by them; pages are numbered anew, table by table. The result follows from the
 * rows and the LSN alone: whoever carries the same checkpoint over gets the same pages, which the log of the next epoch builds on.
 */

import { PAGE_BYTES, PAGE_HEADER_BYTES, type Table } from '../../shared/model/schema.ts';
import { TABLE_LIST } from '../../shared/model/tables.ts';
import type { Rung } from '../store/ladder.ts';
import { hashPage, readPageHeader } from './page.ts';

/** All pages of a checkpoint, sealed, and its LSN. */
export interface LaidOut {
  readonly pages: Uint8Array;
  readonly lsn: number;
}

/** Steps between row layouts; none yet: there has been one layout. */
export const LAYOUT_RUNGS: Rung<LaidOut>[] = [];

/** A step in which columns come and go: what has the same name and type is copied, a new column is zero, a lost one is lost. */
export function layoutRung(from: number, older: readonly Table[], newer: readonly Table[] = TABLE_LIST): Rung<LaidOut> {
  return { from, climb: (laidOut) => carryOver(laidOut, older, newer, from + 1) };
}

const viewOf = (bytes: Uint8Array) => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);

/** [row, byte offset of the row] of every row in use. */
function rowsOf(pages: Uint8Array, table: Table): [number, number][] {
  const view = viewOf(pages);
  const rows: [number, number][] = [];
  for (let at = 0; at < pages.length; at += PAGE_BYTES) {
    const header = readPageHeader(view, at);
    if (header.table !== table.id) continue;
    for (let i = 0; i < table.rowsPerPage; i += 1) {
      const base = at + PAGE_HEADER_BYTES + i * table.rowBytes;
      if (pages[base] === 1) rows.push([header.index * table.rowsPerPage + i, base]);
    }
  }
  return rows;
}

function carryOver({ pages, lsn }: LaidOut, older: readonly Table[], newer: readonly Table[], version: number): LaidOut {
  const made: Uint8Array[] = [];
  for (const table of newer) {
    const before = older.find((candidate) => candidate.id === table.id);
    const rows = before ? rowsOf(pages, before) : [];
    const count = Math.ceil((1 + rows.reduce((highest, [row]) => Math.max(highest, row), -1)) / table.rowsPerPage);
    const first = made.length;
    for (let index = 0; index < count; index += 1) {
      const page = new Uint8Array(PAGE_BYTES);
      const view = viewOf(page);
      view.setBigUint64(8, BigInt(lsn), true);
      view.setUint32(16, first + index, true);
      view.setUint32(20, index, true);
      view.setUint16(24, table.id, true);
      view.setUint16(26, version, true);
      made.push(page);
    }
    const kept = table.columns.flatMap((column) => {
      const was = before?.byName.get(column.name);
      return was && was.type.kind === column.type.kind && was.size === column.size ? [{ was, column }] : [];
    });
    for (const [row, base] of rows) {
      const page = made[first + Math.floor(row / table.rowsPerPage)]!;
      const at = PAGE_HEADER_BYTES + (row % table.rowsPerPage) * table.rowBytes;
      page[at] = 1;
      for (const { was, column } of kept) page.set(pages.subarray(base + was.offset, base + was.offset + was.size), at + column.offset);
    }
  }
  const result = new Uint8Array(made.length * PAGE_BYTES);
  made.forEach((page, number) => {
    viewOf(page).setBigUint64(0, hashPage(page, 0), true);
    result.set(page, number * PAGE_BYTES);
  });
  return { pages: result, lsn };
}
