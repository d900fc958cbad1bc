/**
 * One operation being applied to the live image. A row is saved when it is first touched; from the saved and the present bytes
 * come the after-images of the record, and, where the operation is refused, the way back. Nothing can forget to be recorded.
 */

import { RearmError } from '../../shared/errors.ts';
import type { Intent } from '../../shared/model/operations.ts';
import { type Column, PAGE_BYTES, type Table } from '../../shared/model/schema.ts';
import { TABLES } from '../../shared/model/tables.ts';
import { encodeText, setText, textLength } from '../image/cells.ts';
import type { Image } from '../image/image.ts';
import { encodeIntent, type IntentFormat } from './codec.ts';
import type { LiveState } from './live-state.ts';
import { CHANGE_CLEAR, CHANGE_PAGE, CHANGE_WRITE, RECORD_HEADER_BYTES } from './record.ts';

/** Unchanged words inside a run that are cheaper to repeat than to start a new change. */
const GAP_WORDS = 1;

const DICTIONARY_VALUE = TABLES.dictionary.byName.get('value')!;

/** Among what is saved, a row of zeros: what every free row was. */
/** So many touches are looked through one by one. */
const FEW_TOUCHES = 16;
const ZEROS_AT = 0;
const ZERO_BYTES = PAGE_BYTES;

/** A row that was saved before it was changed. */
interface Touch {
  table: Table;
  row: number;
  base: number;
  savedAt: number;
  /** 8-byte words from the row's beginning that are saved: nothing behind them changes. */
  words: number;
}

/** What a step did to the lookups, to be taken back. */
type Step = 'page' | 'taken' | 'indexed' | 'unindexed' | 'freed' | 'reference';

interface Undo {
  step: Step;
  table: Table;
  /** A row; of a page its index. */
  row: number;
  /** Of a row that was taken out of its index: where it is saved. */
  savedAt: number;
  text: string;
}

/** Where records are written: one buffer under three views, all from its byte 0. */
export interface RecordTarget {
  readonly bytes: Uint8Array;
  readonly view: DataView;
  readonly quads: Uint32Array;
}

/** Copies words of a row, from and to offsets in bytes. In a loop: rows are short, and a view of one costs more than its copy. */
function copyWords(from: Uint32Array, at: number, to: Uint32Array, there: number, first: number, end: number): void {
  const source = at >> 2;
  const target = there >> 2;
  for (let i = first * 2; i < end * 2; i += 1) to[target + i] = from[source + i]!;
}

/** Whether two words, each at a place in 32-bit words, are equal. */
const isSame = (one: Uint32Array, at: number, other: Uint32Array, there: number): boolean =>
  one[at] === other[there] && one[at + 1] === other[there + 1];

export class Transaction {
  readonly state: LiveState;
  readonly image: Image;
  lsn = 0;
  timeNs = 0n;
  /** Reused from operation to operation, as what they hold is: an operation allocates next to nothing. */
  readonly #touches: Touch[] = [];
  #touchCount = 0;
  readonly #undo: Undo[] = [];
  #undoCount = 0;
  readonly #pages: { table: Table; index: number; number: number }[] = [];
  #saved = new Uint8Array(64 * 1024);
  #savedQuads = new Uint32Array(this.#saved.buffer);
  #savedBytes = ZERO_BYTES;
  #changes = 0;
  /** The operation freed rows. */
  #removed = false;
  /** Places of the touches by their rows' offsets, once they are many: pruning touches thousands. */
  readonly #byBase = new Map<number, number>();

  constructor(state: LiveState) {
    this.state = state;
    this.image = state.image;
  }

  begin(lsn: number, timeNs: bigint): void {
    this.lsn = lsn;
    this.timeNs = timeNs;
    this.#touchCount = 0;
    this.#undoCount = 0;
    if (this.#pages.length > 0) this.#pages.length = 0;
    this.#savedBytes = ZERO_BYTES;
    this.#removed = false;
    if (this.#byBase.size > 0) this.#byBase.clear();
  }

  #touch(table: Table, row: number, base: number, savedAt: number, words: number): void {
    const reused = this.#touches[this.#touchCount];
    if (reused) {
      reused.table = table;
      reused.row = row;
      reused.base = base;
      reused.savedAt = savedAt;
      reused.words = words;
    } else this.#touches.push({ table, row, base, savedAt, words });
    if (this.#touchCount >= FEW_TOUCHES) this.#byBase.set(base, this.#touchCount);
    this.#touchCount += 1;
  }

  #did(step: Step, table: Table, row: number, savedAt = 0, text = ''): void {
    const reused = this.#undo[this.#undoCount];
    if (reused) {
      reused.step = step;
      reused.table = table;
      reused.row = row;
      reused.savedAt = savedAt;
      reused.text = text;
    } else this.#undo.push({ step, table, row, savedAt, text });
    this.#undoCount += 1;
  }

  #takeBack({ step, table, row, savedAt, text }: Undo): void {
    const { state } = this;
    if (step === 'page') state.dropFreePage(table, row);
    else if (step === 'taken') state.giveFree(table, row);
    else if (step === 'indexed') state.index(table).remove(row);
    else if (step === 'freed') state.takeFree(table);
    else if (step === 'reference') state.dropReference(text);
    else {
      this.#restore(this.image.rowOffset(table, row), savedAt, table.rowBytes >> 3);
      state.index(table).add(row);
    }
  }

  /**
   * Saves the row once and returns its byte offset for writing.
   *
   * @param words where only the row's first words are going to change: how many
   */
  edit(table: Table, row: number, words = table.rowBytes >> 3): number {
    const base = this.image.rowOffset(table, row);
    const touch = this.#touchOf(base);
    if (touch) {
      if (touch.words < words) {
        copyWords(this.image.quads, base, this.#savedQuads, touch.savedAt, touch.words, words);
        touch.words = words;
      }
      return base;
    }
    if (this.#savedBytes + table.rowBytes > this.#saved.length) {
      const larger = new Uint8Array(this.#saved.length * 2);
      larger.set(this.#saved);
      this.#saved = larger;
      this.#savedQuads = new Uint32Array(larger.buffer);
    }
    copyWords(this.image.quads, base, this.#savedQuads, this.#savedBytes, 0, words);
    this.#touch(table, row, base, this.#savedBytes, words);
    this.#savedBytes += table.rowBytes;
    return base;
  }

  /**
   * Takes a free row, marks it in use and returns its number; its key is indexed by {@link indexed} once it is written.
   *
   * @throws RearmError STATE_BOUND at the table's configured bound.
   */
  insert(table: Table): number {
    let row = this.state.takeFree(table);
    if (row < 0) {
      const { pages, rowsMax } = this.image.pagesOf(table);
      const index = pages.length;
      if (index * table.rowsPerPage >= rowsMax) {
        throw new RearmError('STATE_BOUND', `${table.name} holds ${rowsMax} rows, its bound`, { table: table.name, rowsMax });
      }
      const number = this.image.pageCount;
      this.image.addPage(table, index, number);
      this.#pages.push({ table, index, number });
      this.state.addFreePage(table, index);
      this.#did('page', table, index);
      row = this.state.takeFree(table);
    }
    this.#did('taken', table, row);
    const base = this.image.rowOffset(table, row);
    // A row that this operation freed is saved already; any other free row is zeros.
    if (this.#touchOf(base)) this.edit(table, row);
    else this.#touch(table, row, base, ZEROS_AT, table.rowBytes >> 3);
    this.image.bytes[base] = 1;
    return row;
  }

  /** What was saved of the row at `base`; undefined where it was not touched. */
  #touchOf(base: number): Touch | undefined {
    for (let i = Math.min(this.#touchCount, FEW_TOUCHES) - 1; i >= 0; i -= 1) if (this.#touches[i]!.base === base) return this.#touches[i];
    return this.#touchCount > FEW_TOUCHES ? this.#touches[this.#byBase.get(base) ?? -1] : undefined;
  }

  /** Makes a row findable by its key, which must be written. */
  indexed(table: Table, row: number): void {
    this.state.index(table).add(row);
    this.#did('indexed', table, row);
  }

  /** Frees a row: zero from end to end. */
  remove(table: Table, row: number): void {
    const base = this.edit(table, row);
    if (this.state.hasIndex(table)) {
      this.state.index(table).remove(row);
      this.#did('unindexed', table, row, this.#touchOf(base)!.savedAt);
    }
    this.image.words.fill(0n, base >> 3, (base + table.rowBytes) >> 3);
    this.#removed = true;
    this.state.giveFree(table, row);
    this.#did('freed', table, row);
  }

  /** Dictionary id of a string, added where it is new; 0 for "". @throws RearmError TEXT_TOO_LONG above 63 bytes */
  reference(text: string): number {
    if (text === '') return 0;
    const known = this.state.reference(text);
    if (known !== 0) return known;
    const fitting = this.text(text, DICTIONARY_VALUE);
    const row = this.insert(TABLES.dictionary);
    setText(this.image, this.image.rowOffset(TABLES.dictionary, row), DICTIONARY_VALUE, fitting);
    this.state.addReference(text, row + 1);
    this.#did('reference', TABLES.dictionary, row, 0, text);
    return row + 1;
  }

  /** The text, which fits its column. @throws RearmError TEXT_TOO_LONG */
  text(value: string, column: Column): string {
    if (textLength(value, column.size - 1) < 0) {
      const { length } = encodeText(value);
      throw new RearmError('TEXT_TOO_LONG', `${column.name} has ${length} bytes, more than ${column.size - 1}`, { value });
    }
    return value;
  }

  /** Takes everything back, as if the operation had never begun. Not after {@link record}. */
  rollback(): void {
    // Lookups first, newest first: an index removes and adds by the key that stands in the image at that moment.
    for (let i = this.#undoCount - 1; i >= 0; i -= 1) this.#takeBack(this.#undo[i]!);
    for (let i = 0; i < this.#touchCount; i += 1) {
      const { base, savedAt, words } = this.#touches[i]!;
      this.#restore(base, savedAt, words);
    }
    if (this.#removed) this.state.restoreAges();
    for (let i = this.#pages.length - 1; i >= 0; i -= 1) this.image.dropPage(this.#pages[i]!.table, this.#pages[i]!.index);
  }

  #restore(base: number, savedAt: number, words: number): void {
    copyWords(this.#savedQuads, savedAt, this.image.quads, base, 0, words);
  }

  /** Bytes that the record of this operation takes at most. */
  recordBytesMax(intentBytes: number): number {
    let bytes = RECORD_HEADER_BYTES + intentBytes + 8 + this.#pages.length * 16;
    for (let i = 0; i < this.#touchCount; i += 1) {
      const rowBytes = this.#touches[i]!.words << 3;
      bytes += 16 + rowBytes + Math.ceil(rowBytes / (GAP_WORDS + 2));
    }
    return bytes;
  }

  /**
   * Writes the record at `start` (a multiple of 8) of the target and stamps the touched pages with the LSN; returns the end. The
   * intent is encoded, and `encoded` called, before anything is stamped: what either throws can still be rolled back.
   */
  record(intent: Intent, format: IntentFormat, posted: boolean, target: RecordTarget, start: number, encoded?: () => void): number {
    const { bytes, view, quads } = target;
    const intentEnd = encodeIntent(intent, format, bytes, view, start + RECORD_HEADER_BYTES);
    encoded?.();
    let at = (intentEnd + 7) & ~7;
    for (let i = intentEnd; i < at; i += 1) bytes[i] = 0;
    let changes = 0;
    for (let i = 0; i < this.#pages.length; i += 1) {
      const { table, index, number } = this.#pages[i]!;
      quads[at >> 2] = index;
      quads[(at >> 2) + 1] = table.id | (CHANGE_PAGE << 8) | (1 << 24);
      quads[(at >> 2) + 2] = number;
      quads[(at >> 2) + 3] = 0;
      at += 16;
      changes += 1;
      this.image.setPageLsn(number, this.lsn);
    }
    for (let i = 0; i < this.#touchCount; i += 1) {
      const touch = this.#touches[i]!;
      const before = at;
      at = this.#changesOf(touch, quads, at);
      if (at === before) continue;
      changes += this.#changes;
      this.image.setPageLsn((touch.base / PAGE_BYTES) | 0, this.lsn);
      this.state.changed(touch.table, touch.row, touch.base);
    }
    quads[start >> 2] = at - start;
    quads[(start >> 2) + 1] = format.id | ((posted ? 1 : 0) << 8);
    view.setBigInt64(start + 8, this.timeNs, true);
    quads[(start >> 2) + 4] = intentEnd - start - RECORD_HEADER_BYTES;
    quads[(start >> 2) + 5] = changes;
    this.image.lsn = this.lsn;
    return at;
  }

  /** Writes what changed in a row at `start`; returns the end. How many changes that took is in `#changes`. */
  #changesOf({ table, row, base, savedAt, words }: Touch, quads: Uint32Array, start: number): number {
    const now = this.image.quads;
    const saved = this.#savedQuads;
    const nowAt = base >> 2;
    const savedQuad = savedAt >> 2;
    let at = start >> 2;
    this.#changes = 0;
    if (this.image.bytes[base] === 0 && this.#saved[savedAt] === 1) {
      quads[at] = row;
      quads[at + 1] = table.id | (CHANGE_CLEAR << 8);
      this.#changes = 1;
      return start + 8;
    }
    for (let word = 0; word < words; word += 1) {
      if (isSame(now, nowAt + word * 2, saved, savedQuad + word * 2)) continue;
      const first = word;
      let last = word;
      for (word += 1; word < words && word - last <= GAP_WORDS + 1; word += 1) {
        if (!isSame(now, nowAt + word * 2, saved, savedQuad + word * 2)) last = word;
      }
      word = last;
      quads[at] = row;
      quads[at + 1] = table.id | (CHANGE_WRITE << 8) | (first << 16) | ((last - first + 1) << 24);
      at += 2;
      for (let i = first * 2; i < (last + 1) * 2; i += 1) quads[at++] = now[nowAt + i]!;
      this.#changes += 1;
    }
    return at << 2;
  }
}
