/**
 * An append-only file of lines. The line feed is the commit mark: a line is written and synced without it, then the line
 * feed is written and synced. So a last line without one was never acknowledged (torn: kept as evidence and dropped), and a
 * line with one was durable before its mark, so that a bad one is damage and never dropped.
 *
 * Assumption about disks: rewriting a sector with the same bytes and more behind them does not lose the first ones.
 */

import { basename, dirname, join } from 'node:path';
import { RearmError } from '../../shared/errors.ts';
import { publish } from '../storage/publish.ts';
import type { Storage, StoredFile } from '../storage/storage.ts';
import { sha256Hex } from './canonical.ts';

/** Longest line, without its line feed. */
export const LINE_BYTES_MAX = 65_536;
const CHUNK_BYTES = 65_536;
const LINE_FEED = 0x0a;

export interface LineReading {
  /** Whole lines. */
  readonly count: number;
  /** Bytes up to and with the last line feed. */
  readonly wholeBytes: number;
  /** Bytes behind it, of an append that was never acknowledged. */
  readonly tornBytes: number;
}

function readAt(file: StoredFile, from: number, length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  let have = 0;
  while (have < length) {
    const read = file.read(bytes, have, length - have, from + have);
    if (read === 0) break;
    have += read;
  }
  return bytes.subarray(0, have);
}

/**
 * Hands every whole line to `onLine`, with its index from 0 and the offset at which it begins; stops where that returns false. A missing file has no lines.
 * A line longer than {@link LINE_BYTES_MAX} is handed over cut to that length plus one, so that it fails its check.
 */
export function readLines(
  storage: Storage,
  path: string,
  onLine: (line: Uint8Array, index: number, offset: number) => boolean,
): LineReading {
  if (!storage.exists(path)) return { count: 0, wholeBytes: 0, tornBytes: 0 };
  const file = storage.open(path, 'read');
  try {
    const size = file.size();
    let count = 0;
    let wholeBytes = 0;
    let rest: Uint8Array = new Uint8Array(0);
    for (let position = 0; position < size; ) {
      const chunk = readAt(file, position, Math.min(CHUNK_BYTES, size - position));
      if (chunk.length === 0) break;
      let start = 0;
      for (let i = chunk.indexOf(LINE_FEED); i >= 0; i = chunk.indexOf(LINE_FEED, start)) {
        const piece = chunk.subarray(start, i);
        const line = rest.length === 0 ? piece : Buffer.concat([rest, piece]);
        rest = new Uint8Array(0);
        const offset = wholeBytes;
        start = i + 1;
        wholeBytes = position + start;
        count += 1;
        if (!onLine(line.subarray(0, LINE_BYTES_MAX + 1), count - 1, offset)) return { count, wholeBytes, tornBytes: 0 };
      }
      // What is beyond the cap can only fail its check: it is not gathered in memory.
      if (rest.length <= LINE_BYTES_MAX) rest = Buffer.concat([rest, chunk.subarray(start)]);
      position += chunk.length;
    }
    return { count, wholeBytes, tornBytes: size - wholeBytes };
  } finally {
    file.close();
  }
}

export interface LastLine {
  /** null where the file has no whole line. */
  readonly line: Uint8Array | null;
  readonly wholeBytes: number;
  readonly size: number;
}

function lastLineOf(file: StoredFile): LastLine {
  const size = file.size();
  // Two lines and their line feeds always fit: the last whole one and a torn one behind it.
  const from = Math.max(0, size - 2 * (LINE_BYTES_MAX + 1));
  const window = readAt(file, from, size - from);
  const end = window.lastIndexOf(LINE_FEED);
  if (size - from - end - 1 > LINE_BYTES_MAX + 1 || (end < 0 && from > 0)) {
    const reason = 'more bytes without a line feed than a line may have';
    throw new RearmError('FORMAT_INVALID', `${file.path} ends in ${reason}`, { path: file.path, reason });
  }
  if (end < 0) return { line: null, wholeBytes: 0, size };
  const start = end === 0 ? 0 : window.lastIndexOf(LINE_FEED, end - 1) + 1;
  return { line: window.slice(start, end), wholeBytes: from + end + 1, size };
}

/** The last whole line. A missing file has none. @throws RearmError FORMAT_INVALID where the end cannot be a torn line. */
export function readLastLine(storage: Storage, path: string): LastLine {
  if (!storage.exists(path)) return { line: null, wholeBytes: 0, size: 0 };
  const file = storage.open(path, 'read');
  try {
    return lastLineOf(file);
  } finally {
    file.close();
  }
}

/**
 * Appends a line; durable on return. The caller holds the gate's lock. Torn bytes are first copied to
 * `quarantine/<name>-<offset>-<hash>.torn`, durably, then cut off. Where a write or a sync fails, the file is cut back to its
 * last acknowledged line, so that nothing whose sync failed is taken for durable later.
 *
 * @throws RearmError TEXT_TOO_LONG; IO_FAILED, DISK_FULL ... of the storage: nothing was appended.
 */
export function appendLine(storage: Storage, path: string, line: Uint8Array, quarantine: string): void {
  if (line.length > LINE_BYTES_MAX || line.includes(LINE_FEED)) {
    throw new RearmError('TEXT_TOO_LONG', `a line of ${basename(path)} has at most ${LINE_BYTES_MAX} bytes`, { path });
  }
  const exists = storage.exists(path);
  const file = storage.open(path, exists ? 'write' : 'create');
  try {
    const { wholeBytes, size } = lastLineOf(file);
    if (size > wholeBytes) {
      const torn = readAt(file, wholeBytes, size - wholeBytes);
      const name = `${basename(path)}-${wholeBytes}-${sha256Hex(torn).slice(0, 16)}.torn`;
      publish(storage, join(quarantine, name), [torn]);
      // Durable with the line: what is left of it until then is torn still.
      file.truncate(wholeBytes);
    }
    try {
      file.write(line, 0, line.length, wholeBytes);
      file.sync();
      if (!exists) storage.syncDirectory(dirname(path));
      file.write(Uint8Array.of(LINE_FEED), 0, 1, wholeBytes + line.length);
      file.sync();
    } catch (error) {
      try {
        file.truncate(wholeBytes);
        file.sync();
      } catch {
        // The first failure is the one to report; without its line feed the line is torn, and the next append drops it.
      }
      throw error;
    }
  } finally {
    file.close();
  }
}
