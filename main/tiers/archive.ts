/**
 * L4: the archive, a SQLite database for analysts and for the worst day. Rows for plain SQL and the image itself with its page
 * table, in one transaction; journal DELETE, synchronous FULL. SQLite does its own I/O: it is not behind the storage interface.
 * A database without any table is one whose first transaction never ended; `archive.db-journal` beside it is SQLite's own, of a
 * transaction that was cut short: SQLite rolls it back at the next opening.
 *
 * | table | columns |
 * |---|---|
 * | `archive` | one row: `format` TEXT "rearm-archive", `version` INTEGER, `store_id` TEXT, 32 hexadecimal digits |
 * | `images` | by (`epoch`, `lsn`), the newest only: `mark` BLOB, 56 bytes (Checkpoint mark); `page_table` BLOB, 16 bytes a page as in L2; `codec` INTEGER (0 raw, 1 zstd, 3 zstd of columns, as in a snapshot's chunk); `raw_bytes` INTEGER, size of the pages before compression; `pages` BLOB, all pages as one chunk, free ones as zeros; `archived_at` TEXT, ISO 8601 |
 * | `epochs` | the lineage as known when it was archived, by `epoch`: `parent` INTEGER, 0 for none; `fork_lsn` INTEGER |
 * | `lineage` | a view: for each epoch of the present lineage the LSNs above `from_lsn` up to `to_lsn`, NULL for the newest |
 * | every state table | the rows: `epoch` and `lsn` INTEGER of the image that they were taken from, then the columns of the state table |
 *
 * A state table has its canonical values under their canonical names (Canonical state and digest): u8 and u32 as INTEGER, flags as
 * INTEGER 0 or 1, everything else as TEXT, none as NULL; `dictionary` and `chunks` have no table. `fills` and `orders` keep the
 * last state by their key, also after they were pruned from the live state; every other table keeps one copy of its rows per
 * archived (epoch, LSN). `JOIN lineage USING (epoch) WHERE lsn <= ifnull(to_lsn, lsn)` leaves out what lies on abandoned branches.
 *
 * Version 1 had neither `epoch` in the state tables nor `epochs` and `lineage`; its rows have epoch 0 where the epoch is not known.
 */

import fs from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import type Database from 'better-sqlite3';
import { RearmError } from '../../shared/errors.ts';
import type { Table } from '../../shared/model/schema.ts';
import { CANONICAL_TABLES, type CanonicalReader, type Cell } from '../image/canonical.ts';
import { openRegular, sizeOfRegular } from '../storage/regular-file.ts';
import type { Storage } from '../storage/storage.ts';
import { climb, type Rung } from '../store/ladder.ts';
import { ARCHIVE_FILE_NAME, ARCHIVE_SUMS_NAME } from '../store/layout.ts';
import type { Epoch } from '../store/lineage.ts';
import { type ArchiveSums, readSums, sumPages, writeSums } from './archive-sums.ts';
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
  try {
    const Constructor = createRequire(import.meta.url)('better-sqlite3') as typeof Database;
    return new Constructor(path, options);
  } catch (error) {
    if (String((error as { code?: unknown }).code).startsWith('SQLITE_')) throw error;
    // The module itself, which is loaded with the first database.
    throw new RearmError('TIER_UNAVAILABLE', `the database module cannot be used: ${(error as Error).message}`, {}, error);
  }
}

/** Kept by key instead of by archived LSN: their history outlives the live state's retention. */
const KEPT_BY_KEY = new Set(['fills', 'orders']);

const sqlName = (name: string) => `"${name}"`;
const sqlType = (table: Table, name: string) => {
  const kind = table.byName.get(name)!.type.kind;
  return kind === 'u8' || kind === 'u32' || kind === 'flag' ? 'INTEGER' : 'TEXT';
};

const columnsOf = (table: Table): string[] => table.columns.map((column) => sqlName(column.name));

export const ARCHIVE_VERSION = 2;

const RUNGS: readonly Rung<Database.Database>[] = [
  {
    // Rows had no epoch; an LSN that was archived twice had its rows twice, and a key with a NULL was no key.
    from: 1,
    climb(database) {
      for (const table of CANONICAL_TABLES) {
        const name = sqlName(table.name);
        const same = KEPT_BY_KEY.has(table.name) ? table.key.map(sqlName) : ['lsn', ...columnsOf(table)];
        database.exec(`ALTER TABLE ${name} ADD COLUMN epoch INTEGER NOT NULL DEFAULT 0;
          UPDATE ${name} SET epoch = ifnull((SELECT max(epoch) FROM images WHERE images.lsn = ${name}.lsn), 0);
          DELETE FROM ${name} WHERE rowid NOT IN (SELECT id FROM (SELECT rowid AS id, max(lsn) FROM ${name} GROUP BY ${same.join(', ')}));
          DROP INDEX IF EXISTS ${sqlName(`${table.name}_lsn`)};`);
      }
      return database;
    },
  },
];

function createTables(database: Database.Database): void {
  database.exec(`CREATE TABLE IF NOT EXISTS archive (format TEXT NOT NULL, version INTEGER NOT NULL, store_id TEXT NOT NULL);
    CREATE TABLE IF NOT EXISTS images (lsn INTEGER NOT NULL, epoch INTEGER NOT NULL, mark BLOB NOT NULL, page_table BLOB NOT NULL,
      codec INTEGER NOT NULL, raw_bytes INTEGER NOT NULL, pages BLOB NOT NULL, archived_at TEXT NOT NULL, PRIMARY KEY (epoch, lsn));
    CREATE TABLE IF NOT EXISTS epochs (epoch INTEGER PRIMARY KEY, parent INTEGER NOT NULL, fork_lsn INTEGER NOT NULL);
    CREATE VIEW IF NOT EXISTS lineage AS
      WITH RECURSIVE path (epoch, parent, from_lsn, to_lsn) AS (
        SELECT epoch, parent, fork_lsn, NULL FROM epochs WHERE epoch = (SELECT max(epoch) FROM epochs)
        UNION ALL SELECT older.epoch, older.parent, min(older.fork_lsn, path.from_lsn), path.from_lsn
          FROM path JOIN epochs AS older ON older.epoch = path.parent AND older.epoch < path.epoch)
      SELECT epoch, from_lsn, to_lsn FROM path;`);
  for (const table of CANONICAL_TABLES) {
    const columns = table.columns.map((column) => `${sqlName(column.name)} ${sqlType(table, column.name)}`);
    const name = sqlName(table.name);
    database.exec(`CREATE TABLE IF NOT EXISTS ${name} (epoch INTEGER NOT NULL, lsn INTEGER NOT NULL, ${columns.join(', ')});
      CREATE INDEX IF NOT EXISTS ${sqlName(`${table.name}_at`)} ON ${name} (epoch, lsn);`);
    if (!KEPT_BY_KEY.has(table.name)) continue;
    // Not a primary key: to SQLite two NULLs are two values, and a fill may have no account.
    const key = table.key.map((column) => `ifnull(${sqlName(column)}, '')`);
    database.exec(`CREATE UNIQUE INDEX IF NOT EXISTS ${sqlName(`${table.name}_key`)} ON ${name} (${key.join(', ')});`);
  }
}

/** Makes the file, so that it is its owner's alone from its first moment on: SQLite takes the mode of the journal from it. */
function makePrivate(path: string): void {
  // SQLite looks at neither: it would wait for the other end of a pipe.
  sizeOfRegular(`${path}-journal`);
  const file = openRegular(path, fs.constants.O_RDWR | fs.constants.O_CREAT);
  try {
    fs.fchmodSync(file, 0o600);
  } finally {
    fs.closeSync(file);
  }
}

/** Whether no transaction has ever ended in it. */
export const isEmptyDatabase = (database: Database.Database): boolean =>
  database.prepare('SELECT name FROM sqlite_master LIMIT 1').get() === undefined;

/** What is archived of a checkpoint: its pages, sealed, and their table. */
export interface ArchivedCheckpoint {
  readonly mark: CheckpointMark;
  readonly table: Uint8Array;
  readonly pages: Uint8Array;
}

export type ArchivedEpoch = Pick<Epoch, 'epoch' | 'parent' | 'forkLsn'>;

export class ArchiveTier {
  readonly #storage: Storage;
  readonly #path: string;
  readonly #sumsPath: string;
  readonly #storeIdBytes: Uint8Array;
  readonly #storeId: string;
  readonly #imagesKept: number;

  /** @param directory l4/ of the store */
  constructor(storage: Storage, directory: string, storeId: Uint8Array, imagesKept: number) {
    this.#storage = storage;
    this.#path = join(directory, ARCHIVE_FILE_NAME);
    this.#sumsPath = join(directory, ARCHIVE_SUMS_NAME);
    this.#storeIdBytes = storeId;
    this.#storeId = Buffer.from(storeId).toString('hex');
    this.#imagesKept = imagesKept;
  }

  /**
   * Archives one checkpoint, and the lineage, in one transaction; a checkpoint that is there already is replaced. An archive of an
   * older version climbs to the present one. Durable on return.
   *
   * @returns rows written
   * @throws RearmError TIER_UNAVAILABLE, STORE_FOREIGN, VERSION_NEWER, VERSION_OLDER; SQLite's and the system's own errors
   */
  write(checkpoint: ArchivedCheckpoint, reader: CanonicalReader, epochs: Iterable<ArchivedEpoch>, archivedAt: string): number {
    const reason = archiveUnavailable();
    if (reason) throw new RearmError('TIER_UNAVAILABLE', reason, {});
    const before = this.#open();
    const rows = this.#write(checkpoint, reader, epochs, archivedAt);
    const sums = sumPages(this.#storage, this.#path).map((sum, page) => (sum === before.found[page] ? before.known[page]! : sum));
    this.#save(true, sums);
    return rows;
  }

  /** Says that the archive is being written, before its first byte is. @returns the sums of its pages: as they are, and as they were sealed */
  #open(): { found: BigUint64Array; known: BigUint64Array } {
    const found = sumPages(this.#storage, this.#path);
    let last: ArchiveSums | null = null;
    try {
      last = readSums(this.#storage, this.#sumsPath, this.#storeIdBytes);
    } catch (error) {
      // Damaged sums prove nothing any more; what is there now is what the next ones begin with.
      if (!(error instanceof RearmError) || !['CHECKSUM_MISMATCH', 'FORMAT_INVALID'].includes(error.code)) throw error;
    }
    // Left open, they are older than what the last transaction wrote.
    const known = last?.sealed ? found.map((sum, page) => last.sums[page] ?? sum) : found;
    this.#save(false, known);
    return { found, known };
  }

  #save(sealed: boolean, sums: BigUint64Array): void {
    writeSums(this.#storage, this.#sumsPath, this.#storeIdBytes, { sealed, sums });
  }

  #write(checkpoint: ArchivedCheckpoint, reader: CanonicalReader, epochs: Iterable<ArchivedEpoch>, archivedAt: string): number {
    const { mark, table, pages } = checkpoint;
    makePrivate(this.#path);
    const database = openDatabase(this.#path, {});
    try {
      database.pragma('journal_mode = DELETE');
      database.pragma('synchronous = FULL');
      let rows = 0;
      database.transaction(() => {
        const known = isEmptyDatabase(database)
          ? undefined
          : (database.prepare('SELECT version, store_id FROM archive').get() as { version: number; store_id: string } | undefined);
        if (known && known.store_id !== this.#storeId) throw new RearmError('STORE_FOREIGN', `${this.#path} belongs to another store`, {});
        if (known) climb(this.#path, RUNGS, ARCHIVE_VERSION, known.version, database);
        createTables(database);
        if (!known) database.prepare('INSERT INTO archive VALUES (?, ?, ?)').run('rearm-archive', ARCHIVE_VERSION, this.#storeId);
        else database.prepare('UPDATE archive SET version = ?').run(ARCHIVE_VERSION);
        const note = database.prepare('INSERT OR REPLACE INTO epochs VALUES (?, ?, ?)');
        for (const { epoch, parent, forkLsn } of epochs) note.run(epoch, parent, forkLsn);
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
          const names = columnsOf(state);
          database.prepare(`DELETE FROM ${sqlName(state.name)} WHERE epoch = ? AND lsn = ?`).run(mark.epoch, mark.lsn);
          const insert = database.prepare(
            `INSERT OR REPLACE INTO ${sqlName(state.name)} (epoch, lsn, ${names.join(', ')}) VALUES (?, ?${', ?'.repeat(names.length)})`,
          );
          const values: Cell[] = [mark.epoch, mark.lsn];
          for (const row of reader.image.rows(state)) {
            const base = reader.image.rowOffset(state, row);
            for (let at = 0; at < state.columns.length; at += 1) {
              const value = reader.cell(state, base, state.columns[at]!);
              values[2 + at] = typeof value === 'boolean' ? Number(value) : value;
            }
            insert.run(values);
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
