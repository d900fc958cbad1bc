/**
 * How a table is described: its columns, their layout inside a fixed-width row, and how each value reads canonically.
 *
 * A row is a multiple of 8 bytes, little-endian. Its first byte is 1 where the row is in use and 0 where it is free; a free row
 * is zero from end to end. The layout follows from the declaration: one-byte columns first, then four-byte, then eight- and
 * sixteen-byte ones, then inline texts, each class in declared order. docs/FORMATS.md prints the layout that this file computes.
 * An i128 is its low word, then its high word. A blob is a chain of `chunks` rows: its first is named by the row, each names the
 * next, and their texts one after the other are the bytes.
 */

/** Where the decimal point of an integer column stands. A name refers to the row's instrument or asset. */
export type Scale = 'price' | 'quantity' | 'asset' | number;

export type ColumnType =
  | { readonly kind: 'u8' | 'u32' | 'u64' | 'time' | 'flag' | 'hash' }
  | { readonly kind: 'i64'; readonly scale: Scale }
  | { readonly kind: 'i128'; readonly scale: number }
  | { readonly kind: 'enum'; readonly names: readonly string[] }
  /** Row number + 1 in the dictionary; 0 is "none". Reads as its string. */
  | { readonly kind: 'ref' }
  /** Row number + 1 in `table`; 0 is "none". Reads as that row's key, joined by ":". */
  | { readonly kind: 'link'; readonly table: string }
  /** UTF-8 of at most `capacity` bytes inside the row: one byte of length, then the bytes, then zeros. */
  | { readonly kind: 'text'; readonly capacity: number }
  /** First chunk row + 1 and length; the bytes are in the chunk table. `json` reads as text, `bytes` as base64. */
  | { readonly kind: 'blob'; readonly reads: 'json' | 'bytes' };

export interface Column {
  readonly name: string;
  readonly type: ColumnType;
  /** Bytes from the start of the row. */
  readonly offset: number;
  /** Bytes that the column takes. */
  readonly size: number;
}

export type TableGroup = 'system' | 'trading' | 'strategies' | 'configuration' | 'market';

export interface Table {
  readonly name: string;
  /** Stored in every page header and change record; never reused. */
  readonly id: number;
  readonly group: TableGroup;
  /** L1 holds the hot tables only. */
  readonly hot: boolean;
  readonly columns: readonly Column[];
  readonly byName: ReadonlyMap<string, Column>;
  /** Column names that identify a row; canonical output is sorted by them. */
  readonly key: readonly string[];
  readonly rowBytes: number;
  readonly rowsPerPage: number;
  /** Rows at most; the configured default of the bound. */
  readonly rowsMax: number;
  readonly purpose: string;
}

export const PAGE_BYTES = 4096;
export const PAGE_HEADER_BYTES = 32;

export const u8 = { kind: 'u8' } as const;
export const u32 = { kind: 'u32' } as const;
export const u64 = { kind: 'u64' } as const;
export const hash = { kind: 'hash' } as const;
export const time = { kind: 'time' } as const;
export const flag = { kind: 'flag' } as const;
export const ref = { kind: 'ref' } as const;
export const i64 = (scale: Scale) => ({ kind: 'i64', scale }) as const;
export const i128 = (scale: number) => ({ kind: 'i128', scale }) as const;
export const oneOf = (...names: string[]) => ({ kind: 'enum', names }) as const;
export const link = (table: string) => ({ kind: 'link', table }) as const;
export const text = (capacity: number) => ({ kind: 'text', capacity }) as const;
export const json = { kind: 'blob', reads: 'json' } as const;
export const bytes = { kind: 'blob', reads: 'bytes' } as const;

function sizeOf(type: ColumnType): number {
  switch (type.kind) {
    case 'u8':
    case 'flag':
    case 'enum':
      return 1;
    case 'u32':
    case 'ref':
    case 'link':
      return 4;
    case 'i128':
      return 16;
    case 'text':
      return type.capacity + 1;
    default:
      return 8;
  }
}

/** 1, 4, 8 (also sixteen-byte columns) or 9 for texts: the order in which the classes are laid out. */
function classOf(column: { size: number; type: ColumnType }): number {
  return column.type.kind === 'text' ? 9 : Math.min(column.size, 8);
}

export interface TableDeclaration {
  readonly id: number;
  readonly group: TableGroup;
  readonly hot: boolean;
  readonly key: readonly string[];
  readonly rowsMax: number;
  readonly purpose: string;
  readonly columns: Readonly<Record<string, ColumnType>>;
}

/** Computes the layout of one table. Throws where the declaration is not consistent: that is a defect, found at start. */
export function table(name: string, declaration: TableDeclaration): Table {
  const declared = Object.entries(declaration.columns).map(([column, type]) => ({ name: column, type, size: sizeOf(type) }));
  const ordered = [1, 4, 8, 9].flatMap((wanted) => declared.filter((column) => classOf(column) === wanted));
  let offset = 1; // byte 0: in use
  const columns = ordered.map((column) => {
    const alignment = Math.min(classOf(column), 8);
    offset = Math.ceil(offset / alignment) * alignment;
    const placed: Column = { ...column, offset };
    offset += column.size;
    return placed;
  });
  const rowBytes = Math.ceil(offset / 8) * 8;
  if (rowBytes > 2040) throw new Error(`table ${name}: a row of ${rowBytes} bytes exceeds 2040`);
  for (const column of columns) {
    if (column.type.kind === 'text' && (column.size % 8 !== 0 || column.size > 256)) {
      throw new Error(`table ${name}: text ${column.name} must take a multiple of 8 bytes up to 256`);
    }
  }
  const byName = new Map(columns.map((column) => [column.name, column]));
  for (const column of declaration.key) if (!byName.has(column)) throw new Error(`table ${name}: no key column ${column}`);
  return {
    name,
    id: declaration.id,
    group: declaration.group,
    hot: declaration.hot,
    columns,
    byName,
    key: declaration.key,
    rowBytes,
    rowsPerPage: Math.floor((PAGE_BYTES - PAGE_HEADER_BYTES) / rowBytes),
    rowsMax: declaration.rowsMax,
    purpose: declaration.purpose,
  };
}
