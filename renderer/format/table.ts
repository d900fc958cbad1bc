/**
 * Exports. CSV per RFC 4180: CRLF, quotes doubled, a header line. A spreadsheet must not execute what a venue or a comment
 * sent, so text that begins with = + - @ tab or CR is prefixed with an apostrophe; numbers stay numbers.
 */

export type Cell = string | number | boolean | null | undefined;

export interface TableExport {
  readonly columns: readonly string[];
  readonly rows: readonly (readonly Cell[])[];
}

const NUMBER = /^[+-]?\d+(\.\d+)?$/;
const FORMULA = /^[=+\-@\t\r]/;

/** One cell; null and undefined are empty. */
export function csvCell(cell: Cell): string {
  if (cell === null || cell === undefined) return '';
  if (typeof cell !== 'string') return String(cell);
  const safe = FORMULA.test(cell) && !NUMBER.test(cell) ? `'${cell}` : cell;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

export function toCsv(table: TableExport): string {
  const lines = [table.columns, ...table.rows].map((row) => row.map(csvCell).join(','));
  return `${lines.join('\r\n')}\r\n`;
}

/** Tab-separated raw values, for the clipboard. */
export function toTsv(rows: readonly (readonly Cell[])[]): string {
  return rows.map((row) => row.map((cell) => String(cell ?? '').replace(/[\t\r\n]+/g, ' ')).join('\t')).join('\n');
}

export function toJson(value: unknown): string {
  return `${JSON.stringify(value, null, 2)}\n`;
}

/** `rearm-demo-desk-breaks-20260131T094312Z.csv`: only characters that every file system takes. */
export function exportName(store: string, subject: string, now: Date, extension: 'csv' | 'json'): string {
  const clean = (text: string): string =>
    text
      .toLowerCase()
      .replace(/[^a-z0-9]+/g, '-')
      .replace(/^-|-$/g, '') || 'store';
  const stamp = now.toISOString().slice(0, 19).replace(/[-:]/g, '');
  return `rearm-${clean(store)}-${clean(subject)}-${stamp}Z.${extension}`;
}
