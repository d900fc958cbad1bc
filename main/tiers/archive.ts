/**
 * L4: the archive, a SQLite database for analysts and for the worst day. Rows for plain SQL and the image itself with its page
 * table, in one transaction; journal DELETE, synchronous FULL. SQLite does its own I/O: it is not behind the storage interface.
 *
 * Tables: `images` {lsn, epoch, mark (56 bytes), page_table, codec, pages (one chunk), digest, archived_at}; and one SQL table per state
 * table with the canonical column names as TEXT or INTEGER. `fills` and `orders` keep their last state by key, also after they
 * were pruned from the live state; every other table keeps one copy of its rows per archived LSN, in `lsn`.
 */

import { createRequire } from 'node:module';
import type Database from 'better-sqlite3';
import { RearmError } from '../../shared/errors.ts';
import type { Table } from '../../shared/model/schema.ts';
import { CANONICAL_TABLES, type CanonicalReader } from '../image/canonical.ts';
import { type CheckpointMark, encodeMark, MARK_BYTES } from './checkpoint.ts';
import { compress } from './compression.ts';

const NODE_API_NEEDED = 10;

/** Why this runtime cannot use the archive; null where it can. Asked before the module is loaded: an older runtime would crash. */
export function archiveUnavailable(): string | null {
  const version = Number(process.versions.napi ?? '0');
  return version >= NODE_API_NEEDED ? null : `the database module needs Node-API ${NODE_API_NEEDED}, this runtime has ${version}`;
}

/** Opens a database. @throws RearmError TIER_UNAVAILABLE in a runtime that cannot load the module; SQLite's own errors */
export function openDatabase(path: string, options: Database.Options): Database.Database {
  const reason = archiveUnavailable();
  if (reason) throw new RearmError('TIER_UNAVAILABLE', reason, {});
  const Constructor = createRequire(import.meta.url)('better-sqlite3') as typeof Database;
  return new Constructor(path, options);
}

/** Kept by key instead of by archived LSN: their history outlives the live state's retention. */
const KEPT_BY_KEY = new Set(['fills', 'orders']);

const sqlName = (name: string) => `"${name}"`;
const sqlType = (table: Table, name: string) => {
  const kind = table.byName.get(name)!.type.kind;
  return kind === 'u8' || kind === 'u32' || kind === 'flag' ? 'INTEGER' : 'TEXT';
};

function createTables(database: Database.Database): void {
  database.exec(`CREATE TABLE IF NOT EXISTS archive (format TEXT NOT NULL, version INTEGER NOT NULL, store_id TEXT NOT NULL);
    CREATE TABLE IF NOT EXISTS images (lsn INTEGER NOT NULL, epoch INTEGER NOT NULL, mark BLOB NOT NULL, page_table BLOB NOT NULL,
      codec INTEGER NOT NULL, raw_bytes INTEGER NOT NULL, pages BLOB NOT NULL, archived_at TEXT NOT NULL, PRIMARY KEY (epoch, lsn));`);
  for (const table of CANONICAL_TABLES) {
    const columns = table.columns.map((column) => `${sqlName(column.name)} ${sqlType(table, column.name)}`);
    const key = KEPT_BY_KEY.has(table.name) ? `, PRIMARY KEY (${table.key.map(sqlName).join(', ')})` : '';
    database.exec(`CREATE TABLE IF NOT EXISTS ${sqlName(table.name)} (lsn INTEGER NOT NULL, ${columns.join(', ')}${key});`);
    if (key === '') database.exec(`CREATE INDEX IF NOT EXISTS ${sqlName(`${table.name}_lsn`)} ON ${sqlName(table.name)} (lsn);`);
  }
}

export const ARCHIVE_VERSION = 1;

export class ArchiveTier {
  readonly #path: string;
  readonly #storeId: string;
  readonly #imagesKept: number;

  constructor(path: string, storeId: string, imagesKept: number) {
    this.#path = path;
    this.#storeId = storeId;
    this.#imagesKept = imagesKept;
  }

  /**
   * Archives one checkpoint in one transaction. Durable on return.
   *
   * @returns rows written
   * @throws RearmError TIER_UNAVAILABLE, STORE_FOREIGN; SQLite's own errors
   */
  write(mark: CheckpointMark, table: Uint8Array, pages: Uint8Array, reader: CanonicalReader, archivedAt: string): number {
    const database = openDatabase(this.#path, {});
    try {
      database.pragma('journal_mode = DELETE');
      database.pragma('synchronous = FULL');
      let rows = 0;
      database.transaction(() => {
        createTables(database);
        const known = database.prepare('SELECT store_id FROM archive').get() as { store_id: string } | undefined;
        if (known && known.store_id !== this.#storeId) throw new RearmError('STORE_FOREIGN', `${this.#path} belongs to another store`, {});
        if (!known) database.prepare('INSERT INTO archive VALUES (?, ?, ?)').run('rearm-archive', ARCHIVE_VERSION, this.#storeId);
        const encoded = new Uint8Array(MARK_BYTES);
        encodeMark(new DataView(encoded.buffer), 0, mark);
        const { codec, bytes } = compress(pages);
        database
          .prepare('INSERT OR REPLACE INTO images VALUES (?, ?, ?, ?, ?, ?, ?, ?)')
          .run(mark.lsn, mark.epoch, encoded, table, codec, pages.length, bytes, archivedAt);
        database
          .prepare('DELETE FROM images WHERE rowid NOT IN (SELECT rowid FROM images ORDER BY lsn DESC, epoch DESC LIMIT ?)')
          .run(this.#imagesKept);
        for (const state of CANONICAL_TABLES) {
          const names = state.columns.map((column) => column.name);
          const insert = database.prepare(
            `INSERT OR REPLACE INTO ${sqlName(state.name)} (lsn, ${names.map(sqlName).join(', ')}) VALUES (?${', ?'.repeat(names.length)})`,
          );
          for (const row of reader.image.rows(state)) {
            const base = reader.image.rowOffset(state, row);
            const values = state.columns.map((column) => {
              const value = reader.cell(state, base, column);
              return typeof value === 'boolean' ? (value ? 1 : 0) : value;
            });
            insert.run(mark.lsn, ...values);
            rows += 1;
          }
        }
      })();
      return rows;
    } finally {
      database.close();
    }
  }
}
