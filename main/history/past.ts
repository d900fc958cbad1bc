/**
 * The state at any LSN of the window, and what each record changed. The image that was asked for last stays, with the stretches of the
 * log around it: a step to a neighbour, in either direction, costs what the records in between changed.
 */

import type { CellChange, OperationRow, StateAt } from '../../shared/contract/postmortem.ts';
import { RearmError } from '../../shared/errors.ts';
import { PAGE_BYTES } from '../../shared/model/schema.ts';
import { LIVE_STATUSES, TABLE_BY_ID } from '../../shared/model/tables.ts';
import { recover } from '../cascade/recover.ts';
import { replay } from '../cascade/replay.ts';
import { CanonicalReader, type CanonicalRow, type Cell, canonicalState } from '../image/canonical.ts';
import { Image, type RowBounds } from '../image/image.ts';
import type { Clock, Storage } from '../storage/storage.ts';
import { readIdentity } from '../store/identity.ts';
import { type LogSource, openLog, operationRow, readOperations } from './operations.ts';
import { Stretch } from './stretch.ts';

/** Stretches that stay in memory: steps back reach through all of them. */
const STRETCHES_MAX = 4;
/** Copies of images that stay in memory, the oldest goes first. */
const KEPT_MAX = 6;
const KEPT_BYTES_MAX = 512 << 20;
/** Records of a stretch; what one holds and overwrites takes some 500 bytes. */
const STRETCH_RECORDS = 4_096;

interface Kept {
  readonly lsn: number;
  readonly pages: Uint8Array;
}

export interface PastOptions {
  readonly storage: Storage;
  readonly clock: Clock;
  readonly root: string;
  readonly bootId: string;
  /** Records of a stretch. */
  readonly stretchRecords?: number | undefined;
}

export class Past {
  readonly #options: PastOptions;
  readonly #rowsMax: RowBounds;
  readonly #stretchRecords: number;
  readonly #source: LogSource;
  #kept: Kept[] = [];
  #image: Image | undefined;
  /** Without a gap; the image stands in them, or at the end of the record before the first. */
  #stretches: Stretch[] = [];
  /** LSNs of the store's copies of the state, once a recovery has found them. */
  #copies: readonly number[] | undefined;

  /** @throws RearmError STORE_MISSING ... */
  constructor(options: PastOptions) {
    this.#options = options;
    this.#stretchRecords = options.stretchRecords ?? STRETCH_RECORDS;
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
    if (!this.#copies) this.#recover();
    const lsns = this.#copies!.filter((lsn) => lsn + 1 >= this.firstLsn);
    if (lsns.length === 0) throw new RearmError('LSN_UNREACHABLE', 'no copy of the state reaches into the log', {});
    return Math.min(...lsns);
  }

  /**
   * The image at `lsn`; valid until the next call.
   *
   * @throws RearmError LSN_UNREACHABLE
   */
  imageAt(lsn: number): Image {
    try {
      this.#walkTo(lsn);
    } catch (error) {
      if (!(error instanceof RearmError) || error.code !== 'LSN_UNREACHABLE') throw error;
      // Damage on the way, or no copy that goes back as far as the way would begin: what is proven of the LSN itself counts.
      this.#begin(lsn);
    }
    return this.#image!;
  }

  /** Record by record; what is out of reach begins a stretch before, so that steps back find their way. */
  #walkTo(lsn: number): void {
    if (!this.#inReach(lsn)) this.#begin(Math.min(lsn, Math.max(lsn - this.#stretchRecords, this.oldestReachable())));
    const image = this.#image!;
    while (image.lsn > lsn) this.#holding(image.lsn)!.back(image);
    while (image.lsn < lsn) this.#following(image.lsn + 1).forward(image);
  }

  #holding(lsn: number): Stretch | undefined {
    return this.#stretches.find((stretch) => stretch.holds(lsn));
  }

  #inReach(lsn: number): boolean {
    const image = this.#image;
    if (!image) return false;
    return lsn < image.lsn
      ? lsn >= (this.#stretches[0]?.from ?? Number.POSITIVE_INFINITY) - 1
      : lsn - image.lsn <= 2 * this.#stretchRecords;
  }

  /** The stretch that holds the record after the image. @throws RearmError LSN_UNREACHABLE where the log ends before it */
  #following(lsn: number): Stretch {
    const present = this.#holding(lsn);
    if (present) return present;
    const read = new Stretch(this.#source, lsn, this.#stretchRecords);
    if (!read.holds(lsn)) throw new RearmError('LSN_UNREACHABLE', `LSN ${lsn} is beyond the last one, ${lsn - 1}`, { last: lsn - 1 });
    this.#stretches.push(read);
    if (this.#stretches.length > STRETCHES_MAX) this.#stretches.shift();
    return read;
  }

  /** The image at `lsn`, with nothing in memory that leads back from there. */
  #begin(lsn: number): void {
    let image = this.#nearest(lsn);
    this.#image = undefined;
    this.#stretches = [];
    if (image && image.lsn < lsn) {
      const { storage, storeId, segments } = this.#source;
      replay(image, { storage, storeId, segments, from: image.lsn, baseLsn: image.lsn, to: lsn });
    }
    // Damage ends a replay; a copy of the state may stand behind it.
    if (!image || image.lsn < lsn) image = this.#recover(lsn);
    this.#image = image;
    this.#keep(image);
  }

  /** The nearest of the images in memory, unless a copy of the store is nearer, or nobody has looked for one yet. */
  #nearest(lsn: number): Image | null {
    const present = this.#image && this.#image.lsn <= lsn ? this.#image : null;
    const kept = this.#kept.filter((entry) => entry.lsn <= lsn).sort((a, b) => b.lsn - a.lsn)[0];
    const near = Math.max(present?.lsn ?? 0, kept?.lsn ?? 0);
    if (near === 0 || !this.#copies || this.#copies.some((copy) => copy <= lsn && copy > near)) return null;
    if (present?.lsn === near) return present;
    const image = new Image(this.#rowsMax);
    image.bytes.set(kept!.pages);
    image.mapPages(kept!.pages.length / PAGE_BYTES);
    image.lsn = near;
    return image;
  }

  /** @param at absent: as far as is proven */
  #recover(at?: number): Image {
    const { storage, clock, root, bootId } = this.#options;
    const { image, report } = recover({ storage, clock, root, bootId, at, brief: true });
    this.#copies = report.copies.filter((copy) => copy.usable).map((copy) => copy.lsn);
    if (!image)
      throw new RearmError('LSN_UNREACHABLE', `the state at LSN ${at ?? 'the end'} cannot be recovered: ${report.sentence}`, { at });
    return image;
  }

  #keep(image: Image): void {
    if (this.#kept.some((kept) => kept.lsn === image.lsn)) return;
    this.#kept.push({ lsn: image.lsn, pages: image.bytes.slice(0, image.pageCount * PAGE_BYTES) });
    const bytes = () => this.#kept.reduce((sum, { pages }) => sum + pages.length, 0);
    while (this.#kept.length > KEPT_MAX || (this.#kept.length > 1 && bytes() > KEPT_BYTES_MAX)) this.#kept.shift();
  }

  state(lsn: number): StateAt {
    const { stateDigest, tables } = canonicalState(this.imageAt(lsn));
    const live = new Set(LIVE_STATUSES);
    return {
      lsn,
      stateDigest,
      risk: tables.risk![0] ?? {},
      positions: tables.positions!,
      liveOrders: tables.orders!.filter((row) => live.has(String(row.status))),
      balances: tables.balances!,
      rows: Object.fromEntries(Object.entries(tables).map(([table, rows]) => [table, rows.length])),
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
    const stretch = this.#holding(lsn) ?? new Stretch(this.#source, lsn, this.#stretchRecords);
    if (!stretch.holds(lsn)) throw new RearmError('NOT_FOUND', `the log holds no operation with LSN ${lsn}`, { lsn });
    const operation = operationRow(stretch.operation(lsn), acknowledgedLsn);
    const touched = stretch.touched(lsn);
    const before = lsn > 1 ? readRows(this.imageAt(lsn - 1), touched) : touched.map(() => null);
    const after = readRows(this.imageAt(lsn), touched);
    return { operation, changes: touched.flatMap(({ table }, i) => cellChanges(table, before[i] ?? null, after[i] ?? null)) };
  }
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
