/**
 * The state in its canonical form, and its digest: what two stores, or an engine and an independent model, must agree on.
 *
 * Every table but `dictionary` and `chunks` (which hold what other rows refer to), by name; rows as objects of their columns:
 *
 * | column | reads as |
 * |---|---|
 * | u8, u32 | number |
 * | u64, hash | decimal string |
 * | flag | true or false |
 * | enum | its name |
 * | i64, i128 | the shortest decimal string of units / 10^scale: no exponent, no zeros at the end, "0" for zero. The scale of a `price` or a `quantity` is the priceScale or quantityScale of the row's instrument (in `instruments`: of the row itself), that of an `asset` the scale of the asset in the row's `asset` column (in `fills`: `feeAsset`); 0 where the row names none or it is not defined |
 * | time | ISO 8601 in UTC with nine decimals, as 2026-01-05T08:00:00.000000000Z; null for 0 |
 * | text | string, "" where it is empty |
 * | dictionary row + 1 | the string; null for 0 |
 * | instruments row + 1 | `VENUE:SYMBOL`; null for 0 |
 * | blob | json: string; bytes: base64 with padding (of the present tables, only strategies.state) |
 *
 * Rows are sorted by the columns of their key, in order, as they read: null first, numbers by value, everything else as strings by UTF-16
 * code unit (an instrument by `VENUE:SYMBOL` as one string).
 *
 * stateDigest, version 1: SHA-256 over "rearm-state-1\n", then for every table in name order, also an empty one, `name\n` and each row as
 * JSON with sorted property names and no white space (strings escaped as JSON.stringify does), followed by "\n"; UTF-8.
 */

import { createHash } from 'node:crypto';
import { formatDecimal } from '../../shared/amounts.ts';
import { base64Encode } from '../../shared/model/json.ts';
import type { Column, Table } from '../../shared/model/schema.ts';
import { TABLE_LIST, TABLES } from '../../shared/model/tables.ts';
import { formatTime } from '../../shared/units.ts';
import { readBlob } from './blobs.ts';
import { decodeText, getByte, getI64, getI128, getText, getU32, getU64 } from './cells.ts';
import type { Image } from './image.ts';

export type Cell = string | number | boolean | null;
export type CanonicalRow = Readonly<Record<string, Cell>>;

export const STATE_DIGEST_VERSION = 1;
export const CANONICAL_TABLES: readonly Table[] = TABLE_LIST.filter((table) => table !== TABLES.dictionary && table !== TABLES.chunks).sort(
  (a, b) => (a.name < b.name ? -1 : 1),
);

const DICTIONARY_VALUE = TABLES.dictionary.byName.get('value')!;
const INSTRUMENT = TABLES.instruments.byName;
const ASSET_SCALE = TABLES.assets.byName.get('scale')!;
const ASSET_NAME = TABLES.assets.byName.get('asset')!;

/** Reads cells of one image; resolves references and scales, with what it has resolved kept. */
export class CanonicalReader {
  readonly image: Image;
  readonly #texts = new Map<number, string>();
  readonly #assetScales = new Map<number, number>();

  constructor(image: Image) {
    this.image = image;
    for (const row of image.rows(TABLES.assets)) {
      const base = image.rowOffset(TABLES.assets, row);
      this.#assetScales.set(getU32(image, base, ASSET_NAME), getByte(image, base, ASSET_SCALE));
    }
  }

  text(id: number): string {
    const known = this.#texts.get(id);
    if (known !== undefined) return known;
    const inside = id > 0 && id <= this.image.capacity(TABLES.dictionary);
    const text = inside ? getText(this.image, this.image.rowOffset(TABLES.dictionary, id - 1), DICTIONARY_VALUE) : '';
    this.#texts.set(id, text);
    return text;
  }

  /** `VENUE:SYMBOL` of an instrument id; null for 0. */
  instrument(id: number): string | null {
    if (id === 0 || id > this.image.capacity(TABLES.instruments)) return null;
    const base = this.image.rowOffset(TABLES.instruments, id - 1);
    return `${this.text(getU32(this.image, base, INSTRUMENT.get('venue')!))}:${this.text(getU32(this.image, base, INSTRUMENT.get('symbol')!))}`;
  }

  /** Decimal places of a column in this row. */
  scale(table: Table, base: number, column: Column): number {
    if (column.type.kind === 'i128') return column.type.scale;
    if (column.type.kind !== 'i64') return 0;
    const { scale } = column.type;
    if (typeof scale === 'number') return scale;
    if (scale === 'asset') {
      const asset = table.byName.get(table === TABLES.fills ? 'feeAsset' : 'asset')!;
      return this.#assetScales.get(getU32(this.image, base, asset)) ?? 0;
    }
    let instrumentBase = base;
    if (table !== TABLES.instruments) {
      const id = getU32(this.image, base, table.byName.get('instrument')!);
      if (id === 0 || id > this.image.capacity(TABLES.instruments)) return 0;
      instrumentBase = this.image.rowOffset(TABLES.instruments, id - 1);
    }
    return getByte(this.image, instrumentBase, INSTRUMENT.get(scale === 'price' ? 'priceScale' : 'quantityScale')!);
  }

  cell(table: Table, base: number, column: Column): Cell {
    const { image } = this;
    switch (column.type.kind) {
      case 'u8':
        return getByte(image, base, column);
      case 'u32':
        return getU32(image, base, column);
      case 'u64':
      case 'hash':
        return getU64(image, base, column).toString();
      case 'time':
        return formatTime(getI64(image, base, column));
      case 'flag':
        return getByte(image, base, column) === 1;
      case 'i64':
        return formatDecimal(getI64(image, base, column), this.scale(table, base, column));
      case 'i128':
        return formatDecimal(getI128(image, base, column), column.type.scale);
      case 'enum':
        return column.type.names[getByte(image, base, column)] ?? null;
      case 'ref': {
        const id = getU32(image, base, column);
        return id === 0 ? null : this.text(id);
      }
      case 'link':
        return this.instrument(getU32(image, base, column));
      case 'text':
        return getText(image, base, column);
      default: {
        const bytes = readBlob(image, base, column);
        return column.type.reads === 'json' ? decodeText(bytes) : base64Encode(bytes);
      }
    }
  }

  row(table: Table, row: number): CanonicalRow {
    const base = this.image.rowOffset(table, row);
    const values: Record<string, Cell> = {};
    for (const column of table.columns) values[column.name] = this.cell(table, base, column);
    return values;
  }

  /** Every row in use, sorted by key. */
  rows(table: Table): CanonicalRow[] {
    const rows: { key: readonly Cell[]; value: CanonicalRow }[] = [];
    for (const row of this.image.rows(table)) {
      const value = this.row(table, row);
      rows.push({ key: table.key.map((name) => value[name] ?? null), value });
    }
    return rows.sort((a, b) => compareKeys(a.key, b.key)).map((entry) => entry.value);
  }
}

export function canonicalKey(image: Image, table: Table, row: number): readonly Cell[] {
  const reader = new CanonicalReader(image);
  const base = image.rowOffset(table, row);
  return table.key.map((name) => reader.cell(table, base, table.byName.get(name)!));
}

/** Numbers by value, everything else as strings by code unit; null first. */
export function compareKeys(a: readonly Cell[], b: readonly Cell[]): number {
  for (let i = 0; i < a.length; i += 1) {
    const x = a[i] ?? null;
    const y = b[i] ?? null;
    if (x === y) continue;
    if (x === null) return -1;
    if (y === null) return 1;
    return (typeof x === 'number' ? x < (y as number) : String(x) < String(y)) ? -1 : 1;
  }
  return 0;
}

const columnOrder = new Map(TABLE_LIST.map((table) => [table, [...table.columns].sort((a, b) => (a.name < b.name ? -1 : 1))]));

function canonicalLine(table: Table, row: CanonicalRow): string {
  let line = '{';
  for (const { name } of columnOrder.get(table)!) line += `${line === '{' ? '' : ','}"${name}":${JSON.stringify(row[name])}`;
  return `${line}}\n`;
}

export interface CanonicalState {
  readonly format: 'rearm-state-1';
  readonly lsn: number;
  readonly stateDigest: string;
  readonly tables: Readonly<Record<string, readonly CanonicalRow[]>>;
}

/** The whole state; its size follows the state's. */
export function canonicalState(image: Image): CanonicalState {
  const reader = new CanonicalReader(image);
  const hash = createHash('sha256').update('rearm-state-1\n');
  const tables: Record<string, readonly CanonicalRow[]> = {};
  for (const table of CANONICAL_TABLES) {
    const rows = reader.rows(table);
    hash.update(`${table.name}\n`);
    for (const row of rows) hash.update(canonicalLine(table, row));
    tables[table.name] = rows;
  }
  return { format: 'rearm-state-1', lsn: image.lsn, stateDigest: hash.digest('hex'), tables };
}

/** The digest alone. */
export const stateDigest = (image: Image): string => canonicalState(image).stateDigest;
