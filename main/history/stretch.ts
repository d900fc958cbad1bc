/**
 * Records that follow each other, held in memory, and a way through them in both directions: forward by redo, which keeps the rows
 * that it overwrites; backward by putting those rows back. A step costs what its record changed, wherever in the log it is.
 */

import { PAGE_BYTES, type Table } from '../../shared/model/schema.ts';
import { TABLE_BY_ID } from '../../shared/model/tables.ts';
import type { Image } from '../image/image.ts';
import { CHANGE_PAGE, changesAt, redo } from '../operations/record.ts';
import type { FrameView } from '../wal/segment-reader.ts';
import { type DecodedOperation, decodedAt, type LogSource, readRecords } from './operations.ts';

/** Bytes of the image as they were: a row with the LSN of its page, or a page that was not there. */
type Overwritten =
  | { readonly table: Table; readonly addedIndex: number }
  | { readonly quad: number; readonly row: Uint32Array; readonly page: number; readonly pageLsn: number };

interface Change {
  readonly table: number;
  readonly kind: number;
  /** Of a new page: its index. */
  readonly row: number;
}

/** The changes of the record at `at`, in their order. */
function* changesOf(quads: Uint32Array, at: number): Generator<Change> {
  let quad = changesAt(at, quads[(at + 16) >> 2]!) >> 2;
  for (let left = quads[(at + 20) >> 2]!; left > 0; left -= 1) {
    const packed = quads[quad + 1]!;
    yield { table: packed & 0xff, kind: (packed >>> 8) & 0xff, row: quads[quad]! };
    quad += 2 + (packed >>> 24) * 2;
  }
}

export class Stretch {
  /** LSN of the first record; there are none where the log has nothing from there on. */
  readonly from: number;
  /** Per record: its frame, and where it begins in that frame's bytes. */
  readonly #places: { readonly frame: FrameView; readonly at: number }[] = [];
  readonly #overwritten: (readonly Overwritten[] | undefined)[] = [];

  /**
   * @param count of records at most
   * @throws as {@link readRecords}
   */
  constructor(source: LogSource, from: number, count: number) {
    this.from = from;
    let own: FrameView | undefined;
    readRecords(source, from, from + count - 1, ({ frame, at }) => {
      if (own?.offset !== frame.offset || own.segment !== frame.segment) own = copyOf(frame);
      this.#places.push({ frame: own, at: at - frame.payloadAt + own.payloadAt });
      return undefined;
    });
  }

  /** LSN of the last record. */
  get to(): number {
    return this.from + this.#places.length - 1;
  }

  holds(lsn: number): boolean {
    return lsn >= this.from && lsn <= this.to;
  }

  /** The record of an LSN that it holds, decoded. */
  operation(lsn: number): DecodedOperation {
    const { frame, at } = this.#places[lsn - this.from]!;
    return decodedAt(frame, lsn, at);
  }

  /** The rows that the record of an LSN that it holds writes or clears, each once. */
  touched(lsn: number): { readonly table: number; readonly row: number }[] {
    const { frame, at } = this.#places[lsn - this.from]!;
    const rows = new Map<string, { table: number; row: number }>();
    for (const { table, kind, row } of changesOf(frame.quads, at)) if (kind !== CHANGE_PAGE) rows.set(`${table}/${row}`, { table, row });
    return [...rows.values()];
  }

  /** Applies the record that follows the image, which it holds. */
  forward(image: Image): void {
    const lsn = image.lsn + 1;
    const { frame, at } = this.#places[lsn - this.from]!;
    const overwritten: Overwritten[] = [];
    for (const { table: id, kind, row } of changesOf(frame.quads, at)) {
      const table = TABLE_BY_ID.get(id);
      // What fits no table is refused by redo.
      if (!table) break;
      if (kind === CHANGE_PAGE) {
        if ((image.pagesOf(table).pages[row] ?? -1) < 0) overwritten.push({ table, addedIndex: row });
        continue;
      }
      // Rows of a page that this record adds vanish with it.
      if (row >= image.capacity(table)) continue;
      const base = image.rowOffset(table, row);
      const page = Math.floor(base / PAGE_BYTES);
      const quad = base >> 2;
      overwritten.push({ quad, row: image.quads.slice(quad, quad + (table.rowBytes >> 2)), page, pageLsn: image.pageLsn(page) });
    }
    redo(image, lsn, frame.quads, frame.words, at);
    image.lsn = lsn;
    this.#overwritten[lsn - this.from] = overwritten;
  }

  /** Takes back the last record of the image, which {@link forward} applied. */
  back(image: Image): void {
    const { lsn } = image;
    const overwritten = this.#overwritten[lsn - this.from]!;
    for (let i = overwritten.length - 1; i >= 0; i -= 1) {
      const was = overwritten[i]!;
      if ('addedIndex' in was) image.dropPage(was.table, was.addedIndex);
      else {
        image.quads.set(was.row, was.quad);
        image.setPageLsn(was.page, was.pageLsn);
      }
    }
    image.lsn = lsn - 1;
  }
}

/** The frame's records in a buffer of their own: the reader's is used again. */
function copyOf(frame: FrameView): FrameView {
  const bytes = frame.bytes.slice(frame.payloadAt, frame.payloadAt + frame.header.payloadBytes);
  return {
    header: frame.header,
    segment: frame.segment,
    offset: frame.offset,
    bytes,
    view: new DataView(bytes.buffer),
    quads: new Uint32Array(bytes.buffer),
    words: new BigInt64Array(bytes.buffer),
    payloadAt: 0,
  };
}
