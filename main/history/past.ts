/**
 * The state at any LSN of the window, and what each record changed. Keeps the image that was asked for last, so that scrubbing
 * forward costs the records in between, and a few older ones, so that scrubbing back does not start at the beginning.
 */

import type { CellChange, OperationRow, StateAt } from '../../shared/contract/postmortem.ts';
import { RearmError } from '../../shared/errors.ts';
import { PAGE_BYTES } from '../../shared/model/schema.ts';
import { LIVE_STATUSES, TABLE_BY_ID, TABLES } from '../../shared/model/tables.ts';
import { recover } from '../cascade/recover.ts';
import { replay } from '../cascade/replay.ts';
import { CANONICAL_TABLES, CanonicalReader, type CanonicalRow, type Cell, stateDigest } from '../image/canonical.ts';
import { Image, type RowBounds } from '../image/image.ts';
import { changesAt } from '../operations/record.ts';
import type { Clock, Storage } from '../storage/storage.ts';
import { readIdentity } from '../store/identity.ts';
import { type LogSource, openLog, operationRow, readOperations } from './operations.ts';

const KEPT_IMAGES = 6;

interface Kept {
  readonly lsn: number;
  readonly pages: Uint8Array;
}

export interface PastOptions {
  readonly storage: Storage;
  readonly clock: Clock;
  readonly root: string;
  readonly bootId: string;
}

export class Past {
  readonly #options: PastOptions;
  readonly #rowsMax: RowBounds;
  readonly #source: LogSource;
  #kept: Kept[] = [];
  #image: Image | undefined;

  /** @throws RearmError STORE_MISSING ... */
  constructor(options: PastOptions) {
    this.#options = options;
    this.#rowsMax = readIdentity(options.storage, options.root).rowsMax;
    this.#source = openLog(options.storage, options.root);
  }

  /** First and last LSN of the log. */
  get firstLsn(): number {
    return this.#source.segments[0]?.firstLsn ?? 0;
  }

  /** The oldest LSN whose state can be recovered: that of the oldest copy that the log continues, or the first where it is whole. */
  oldestReachable(): number {
    if (this.firstLsn === 1) return 1;
    const { storage, clock, root, bootId } = this.#options;
    const { report } = recover({ storage, clock, root, bootId, brief: true });
    const lsns = report.copies.filter((copy) => copy.usable && copy.lsn + 1 >= this.firstLsn).map((copy) => copy.lsn);
    if (lsns.length === 0) throw new RearmError('LSN_UNREACHABLE', 'no copy of the state reaches into the log', {});
    return Math.min(...lsns);
  }

  /**
   * The image at `lsn`; valid until the next call.
   *
   * @throws RearmError LSN_UNREACHABLE
   */
  imageAt(lsn: number): Image {
    const present = this.#image;
    if (present && present.lsn === lsn) return present;
    if (!present || present.lsn > lsn) this.#load(lsn);
    const image = this.#image!;
    if (image.lsn < lsn) {
      const { storage, storeId, segments } = this.#source;
      replay(image, { storage, storeId, segments, from: image.lsn, baseLsn: image.lsn, to: lsn });
      if (image.lsn < lsn) throw new RearmError('LSN_UNREACHABLE', `LSN ${lsn} is beyond the last one, ${image.lsn}`, { last: image.lsn });
      this.#keep(image);
    }
    return image;
  }

  #load(lsn: number): void {
    const near = this.#kept.filter((kept) => kept.lsn <= lsn).sort((a, b) => b.lsn - a.lsn)[0];
    if (near) {
      const image = new Image(this.#rowsMax);
      image.bytes.set(near.pages);
      image.mapPages(near.pages.length / PAGE_BYTES);
      image.lsn = near.lsn;
      this.#image = image;
      return;
    }
    const { storage, clock, root, bootId } = this.#options;
    const recovery = recover({ storage, clock, root, bootId, at: lsn, brief: true });
    if (!recovery.image)
      throw new RearmError('LSN_UNREACHABLE', `the state at LSN ${lsn} cannot be recovered: ${recovery.report.sentence}`, { lsn });
    this.#image = recovery.image;
    this.#keep(recovery.image);
  }

  #keep(image: Image): void {
    if (this.#kept.some((kept) => kept.lsn === image.lsn)) return;
    this.#kept.push({ lsn: image.lsn, pages: image.bytes.slice(0, image.pageCount * PAGE_BYTES) });
    if (this.#kept.length > KEPT_IMAGES) this.#kept.shift();
  }

  state(lsn: number): StateAt {
    const image = this.imageAt(lsn);
    const reader = new CanonicalReader(image);
    const live = new Set(LIVE_STATUSES);
    return {
      lsn,
      stateDigest: stateDigest(image),
      risk: reader.rows(TABLES.risk)[0] ?? {},
      positions: reader.rows(TABLES.positions),
      liveOrders: reader.rows(TABLES.orders).filter((row) => live.has(String(row.status))),
      balances: reader.rows(TABLES.balances),
      rows: Object.fromEntries(CANONICAL_TABLES.map((table) => [table.name, [...image.rows(table)].length])),
    };
  }

  /** Operations from `from` on, `count` of them at most. */
  operations(from: number, count: number, acknowledgedLsn: number): OperationRow[] {
    const rows: OperationRow[] = [];
    const first = Math.max(from, this.firstLsn);
    readOperations(this.#source, first, first + count - 1, (operation) => {
      rows.push(operationRow(operation, acknowledgedLsn));
      return undefined;
    });
    return rows;
  }

  /** What one operation changed, cell by cell. @throws RearmError LSN_UNREACHABLE, NOT_FOUND */
  change(lsn: number, acknowledgedLsn: number): { operation: OperationRow; changes: CellChange[] } {
    let row: OperationRow | undefined;
    let touched: { table: number; row: number }[] = [];
    readOperations(this.#source, lsn, lsn, (operation) => {
      row = operationRow(operation, acknowledgedLsn);
      touched = touchedRows(operation.frame.quads, operation.at);
      return undefined;
    });
    if (!row) throw new RearmError('NOT_FOUND', `the log holds no operation with LSN ${lsn}`, { lsn });
    const before = lsn > 1 ? readRows(this.imageAt(lsn - 1), touched) : touched.map(() => null);
    const after = readRows(this.imageAt(lsn), touched);
    return { operation: row, changes: touched.flatMap(({ table }, i) => cellChanges(table, before[i] ?? null, after[i] ?? null)) };
  }
}

/** Rows that the record's changes touch, each once. */
function touchedRows(quads: Uint32Array, at: number): { table: number; row: number }[] {
  const rows = new Map<string, { table: number; row: number }>();
  let quad = changesAt(at, quads[(at + 16) >> 2]!) >> 2;
  for (let left = quads[(at + 20) >> 2]!; left > 0; left -= 1) {
    const row = quads[quad]!;
    const packed = quads[quad + 1]!;
    const table = packed & 0xff;
    if (((packed >>> 8) & 0xff) !== 2) rows.set(`${table}/${row}`, { table, row });
    quad += 2 + (packed >>> 24) * 2;
  }
  return [...rows.values()];
}

function readRows(image: Image, rows: readonly { table: number; row: number }[]): (CanonicalRow | null)[] {
  const reader = new CanonicalReader(image);
  return rows.map(({ table: id, row }) => {
    const table = TABLE_BY_ID.get(id);
    return table && row < image.capacity(table) && image.inUse(table, row) ? reader.row(table, row) : null;
  });
}

const text = (value: Cell | undefined): string | null => (value === undefined || value === null ? null : String(value));

function cellChanges(tableId: number, before: CanonicalRow | null, after: CanonicalRow | null): CellChange[] {
  const table = TABLE_BY_ID.get(tableId);
  if (!table) return [];
  const key = table.key.map((name) => text((after ?? before)?.[name]) ?? '').join(' ');
  return table.columns.flatMap((column): CellChange[] => {
    const was = text(before?.[column.name]);
    const is = text(after?.[column.name]);
    return was === is ? [] : [{ table: table.name, key, column: column.name, before: was, after: is }];
  });
}
