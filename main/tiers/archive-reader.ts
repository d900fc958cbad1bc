/**
 * Reads L4. A database that nobody writes and that has no journal is opened where it lies, for reading only, which writes nothing and
 * costs nothing of its size; with a writer, a lock of somebody else, or a transaction that was cut short, a copy outside the store is opened.
 */

import fs from 'node:fs';
import os from 'node:os';
import { join } from 'node:path';
import type Database from 'better-sqlite3';
import { type ErrorCode, RearmError } from '../../shared/errors.ts';
import { PAGE_BYTES } from '../../shared/model/schema.ts';
import { openRegular, sizeOfRegular, systemName } from '../storage/regular-file.ts';
import { isUnread, systemFailure } from '../storage/system-errors.ts';
import type { StoreLayout } from '../store/layout.ts';
import { ARCHIVE_FILE_NAME } from '../store/layout.ts';
import { ARCHIVE_VERSION, archiveUnavailable, isEmptyDatabase, openDatabase } from './archive.ts';
import { type CheckpointMark, decodeMark, MARK_BYTES, PAGE_ENTRY_BYTES } from './checkpoint.ts';
import { decompress } from './compression.ts';
import { judgeWithTable, problemOf, type TierCopy, type TierHead } from './tier-copy.ts';

const PAGES_MAX = 1 << 20;
const NAME = `l4/${ARCHIVE_FILE_NAME}`;

interface ImageRow {
  readonly lsn: number;
  readonly epoch: number;
  readonly mark: Uint8Array;
}

/** SQLite's codes that speak of what the file holds; of its others (SQLITE_IOERR, _CANTOPEN, _NOMEM ...) a call failed. */
const OF_CONTENT = /^SQLITE_(ERROR|CORRUPT|NOTADB|SCHEMA|MISMATCH|FORMAT|TOOBIG|RANGE)(_|$)/;

/** What was thrown as one of ours; what is neither SQLite's nor the system's came of values that no archive has. */
function troubleOf(error: unknown): RearmError {
  if (error instanceof RearmError) return error;
  const { message, code = '' } = error as NodeJS.ErrnoException;
  if (code.startsWith('SQLITE_') && !OF_CONTENT.test(code))
    return new RearmError('IO_FAILED', `could not read ${NAME}: ${code}: ${message}`, { path: NAME }, error);
  return new RearmError('FORMAT_INVALID', `${NAME}: ${message}`, { path: NAME }, error);
}

/** Where the header of a database says how it is written and read, and the value for both of one without a log of its own. */
const MODES_AT = 18;
const WITHOUT_LOG = 1;

/** Whether SQLite, opening it for reading, reads this file alone and writes none. */
function liesAlone(path: string): boolean {
  if (['-journal', '-wal'].some((suffix) => sizeOfRegular(`${path}${suffix}`) !== null)) return false;
  const modes = new Uint8Array(2);
  const fd = openRegular(path, fs.constants.O_RDONLY);
  try {
    fs.readSync(fd, modes, 0, modes.length, MODES_AT);
  } catch (error) {
    throw systemFailure(systemName(error), 'read', path, error);
  } finally {
    fs.closeSync(fd);
  }
  // Of a database with a log of its own it would create that log, and what it shares with others, beside it.
  return modes.every((mode) => mode === WITHOUT_LOG);
}

/** Opens the database, without leaving a trace in the store. @param live an engine has the store open @throws RearmError */
function withDatabase<T>(path: string, live: boolean, work: (database: Database.Database) => T): T {
  const opened = (file: string, options: Database.Options): T => {
    try {
      const database = openDatabase(file, options);
      try {
        return work(database);
      } finally {
        database.close();
      }
    } catch (error) {
      throw troubleOf(error);
    }
  };
  const journal = `${path}-journal`;
  // Neither SQLite nor a copy looks first: both would wait for the other end of a pipe.
  sizeOfRegular(path);
  if (!live && liesAlone(path))
    try {
      return opened(path, { readonly: true, fileMustExist: true, timeout: 0 });
    } catch (error) {
      // Whoever holds it, an analyst perhaps, keeps nobody from a copy, and a recovery does not wait for them; nor does what SQLite
      // cannot do with a file that it may not write.
      if (!isUnread(error as RearmError)) throw error;
    }
  let directory: string | undefined;
  try {
    try {
      directory = fs.mkdtempSync(join(os.tmpdir(), 'rearm-archive-'));
      const copy = join(directory, 'archive.db');
      fs.copyFileSync(path, copy);
      // A transaction that was under way left its journal: without it the database would be half of two states.
      if (sizeOfRegular(journal) !== null) fs.copyFileSync(journal, `${copy}-journal`);
    } catch (error) {
      if (error instanceof RearmError) throw error;
      const to = directory ?? os.tmpdir();
      const system = systemName(error);
      // Whatever keeps it from being copied there, of the store it says nothing: the recovery goes on without it.
      throw new RearmError('IO_FAILED', `could not copy ${NAME} to ${to}: ${system}`, { path: to, system }, error);
    }
    return opened(join(directory, 'archive.db'), {});
  } finally {
    if (directory !== undefined) removeCopy(directory);
  }
}

/** What is left of it in the temporary directory is no reason to end a recovery. */
function removeCopy(directory: string): void {
  try {
    fs.rmSync(directory, { recursive: true, force: true });
  } catch (error) {
    process.emitWarning(`could not remove ${directory}: ${systemName(error)}`);
  }
}

type Trouble = NonNullable<TierHead['problem']>['code'];

const THROWN: Readonly<Partial<Record<Trouble, ErrorCode>>> = { unavailable: 'TIER_UNAVAILABLE', unread: 'IO_FAILED' };

function badHead(code: Trouble, message: string, bytes: number): TierHead {
  return {
    tier: 'L4',
    name: NAME,
    mark: null,
    scope: 'all',
    bytes,
    problem: { code, message },
    load: () => {
      throw new RearmError(THROWN[code] ?? 'FORMAT_INVALID', message, {});
    },
  };
}

/** Heads of the images in the archive, newest first; one bad head where it cannot be read; none where there is no archive. @param live an engine has the store open */
export function readArchive(layout: StoreLayout, storeId: string, live: boolean): TierHead[] {
  const path = join(layout.l4, ARCHIVE_FILE_NAME);
  let bytes: number | null;
  try {
    bytes = sizeOfRegular(path);
    if (bytes === null) return [];
    fs.accessSync(path, fs.constants.R_OK);
  } catch (error) {
    if (!(error instanceof RearmError)) throw systemFailure(systemName(error), 'read', path, error);
    if (error.code === 'FORMAT_INVALID') return [badHead('damaged', error.message, 0)];
    throw error;
  }
  const reason = archiveUnavailable();
  if (reason) return [badHead('unavailable', reason, bytes)];
  try {
    return withDatabase(path, live, (database) => {
      // The engine died in its first transaction: nothing was archived yet.
      if (isEmptyDatabase(database)) return [];
      const info = database.prepare('SELECT format, version, store_id FROM archive').get() as
        | { format: string; version: number; store_id: string }
        | undefined;
      if (info?.format !== 'rearm-archive') return [badHead('damaged', `${NAME} is not an archive`, bytes)];
      // `images` has been the same since version 1.
      if (info.version > ARCHIVE_VERSION)
        return [badHead('newer', `${NAME} has format version ${info.version}, this release reads ${ARCHIVE_VERSION}`, bytes)];
      if (info.store_id !== storeId) return [badHead('foreign', `${NAME} belongs to another store`, bytes)];
      const rows = database.prepare('SELECT lsn, epoch, mark FROM images ORDER BY lsn DESC, epoch DESC').all() as ImageRow[];
      return rows.map((row) => headOf(path, row, bytes, live));
    });
  } catch (error) {
    if (!(error instanceof RearmError)) throw error;
    const { code, message } = problemOf(error);
    return [badHead(code, message, bytes)];
  }
}

/** What SQLite finds wrong in it; null for nothing. @param live an engine has the store open @throws RearmError where it could not be read */
export function checkDatabase(path: string, live: boolean): string | null {
  if (archiveUnavailable()) return null;
  try {
    const [first] = withDatabase(path, live, (database) => database.pragma('integrity_check(1)') as { integrity_check: string }[]);
    return !first || first.integrity_check === 'ok' ? null : first.integrity_check;
  } catch (error) {
    if (!(error instanceof RearmError) || isUnread(error)) throw error;
    return error.message;
  }
}

function headOf(path: string, row: ImageRow, bytes: number, live: boolean): TierHead {
  const name = `${NAME}#${row.epoch}-${row.lsn}`;
  const mark = row.mark.length === MARK_BYTES ? decodeMark(new DataView(row.mark.buffer, row.mark.byteOffset), 0) : null;
  if (!mark || mark.pageCount > PAGES_MAX || mark.lsn !== row.lsn || mark.epoch !== row.epoch)
    return badHead('damaged', `${name}: its mark makes no sense`, bytes);
  return { tier: 'L4', name, mark, scope: 'all', bytes, problem: null, load: () => load(path, name, mark, bytes, live) };
}

function load(path: string, name: string, mark: CheckpointMark, bytes: number, live: boolean): TierCopy {
  const row = withDatabase(path, live, (database) =>
    database.prepare('SELECT page_table, codec, raw_bytes, pages FROM images WHERE epoch = ? AND lsn = ?').get(mark.epoch, mark.lsn),
  ) as { page_table: Uint8Array; codec: number; raw_bytes: number; pages: Uint8Array } | undefined;
  const size = mark.pageCount * PAGE_BYTES;
  if (!row || row.raw_bytes !== size || row.page_table.length !== mark.pageCount * PAGE_ENTRY_BYTES)
    throw new RearmError('FORMAT_INVALID', `${name} does not have the size of its pages`, {});
  const head: TierHead = { tier: 'L4', name, mark, scope: 'all', bytes, problem: null, load: () => load(path, name, mark, bytes, live) };
  const pages = new Uint8Array(size);
  decompress(row.codec, row.pages, pages);
  const copy = judgeWithTable(head, mark, pages, Uint8Array.from(row.page_table));
  if (!copy)
    throw new RearmError('CHECKSUM_MISMATCH', `${name}: neither the page table nor the pages sum to the root of LSN ${mark.lsn}`, { path });
  return copy;
}
