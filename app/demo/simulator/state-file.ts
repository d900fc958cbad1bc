/**
 * The simulated world as one file, so that it survives the process: a line that says what it is, its version, and length and checksum
 * of the table; the table, with everything small and with length and checksum of each block; the blocks, which hold the lists. All of
 * them are the plain states that the domain's classes give, as V8 writes values: that keeps bigints and maps exactly.
 *
 * A block that is settled is made only once: a save costs what has changed, and neither copies nor sums up what has not.
 */

import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { rename, rm, writeFile } from 'node:fs/promises';
import { deserialize, serialize } from 'node:v8';
import type { SavedList } from './domain/saved-list.ts';

const MAGIC = 'venue-simulator-state';
/** Of the plain states: goes up with every change to one of them. */
export const VERSION = 1;
/** Items of a list that are written together. */
const BLOCK = 500;
const HEADER_BYTES_MAX = 200;

/** @param F all that is small */
export interface WorldState<F> {
  readonly facts: F;
  /** By name. */
  readonly lists: Readonly<Record<string, SavedList<unknown>>>;
}

export interface SavedWorld<F> {
  readonly facts: F;
  readonly lists: Readonly<Record<string, readonly unknown[]>>;
}

interface Block {
  readonly bytes: Buffer;
  readonly sum: string;
}

interface Table<F> {
  readonly facts: F;
  /** Of each list, the blocks: they follow in this order. */
  readonly lists: Readonly<Record<string, readonly { readonly length: number; readonly sum: string }[]>>;
}

const sumOf = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex');

const headerOf = (table: Buffer): string => `${MAGIC} ${VERSION} ${table.length} ${sumOf(table)}\n`;

/** Turns states into bytes, and remembers the settled blocks. */
export class StateEncoder {
  readonly #settled = new Map<string, { readonly mark: number; readonly block: Block }>();
  readonly #blockItems: number;

  constructor(blockItems: number = BLOCK) {
    this.#blockItems = blockItems;
  }

  /** The pieces of a file; the first one, the header, is another one whenever the file is. */
  encode<F>({ facts, lists }: WorldState<F>): Buffer[] {
    const blocks: Block[] = [];
    const table: Table<F> = { facts, lists: {} };
    for (const [name, list] of Object.entries(lists)) {
      const own = this.#blocks(name, list);
      blocks.push(...own);
      Object.assign(table.lists, { [name]: own.map(({ bytes, sum }) => ({ length: bytes.length, sum })) });
    }
    const bytes = serialize(table);
    return [Buffer.from(headerOf(bytes)), bytes, ...blocks.map((block) => block.bytes)];
  }

  #blocks(name: string, list: SavedList<unknown>): Block[] {
    const blocks: Block[] = [];
    for (let start = 0; start < list.length; start += this.#blockItems) blocks.push(this.#block(name, list, start));
    return blocks;
  }

  #block(name: string, list: SavedList<unknown>, start: number): Block {
    const key = `${name}/${start}`;
    const end = Math.min(start + this.#blockItems, list.length);
    let mark: number | null = end - start === this.#blockItems ? 0 : null;
    for (let index = start; index < end && mark !== null; index += 1) {
      const one = list.mark(index);
      mark = one === null ? null : mark + one;
    }
    const known = this.#settled.get(key);
    if (known !== undefined && known.mark === mark) return known.block;
    const bytes = serialize(Array.from({ length: end - start }, (_, index) => list.plain(start + index)));
    const block = { bytes, sum: sumOf(bytes) };
    if (mark !== null) this.#settled.set(key, { mark, block });
    return block;
  }
}

/** @throws RangeError that says what is wrong */
export function decodeState<F>(bytes: Buffer): SavedWorld<F> {
  const header = bytes.toString('latin1', 0, HEADER_BYTES_MAX).split('\n', 1)[0]!;
  const [magic, version, length] = header.split(' ');
  if (magic !== MAGIC) throw new RangeError('it is damaged, or no state of the venue simulator');
  if (version !== String(VERSION)) throw new RangeError(`it has version ${version}, and this simulator reads version ${VERSION}`);
  let at = header.length + 1;
  const next = (size: number): Buffer => {
    at += size;
    return bytes.subarray(at - size, at);
  };
  const check = (condition: boolean): void => {
    if (!condition) throw new RangeError('it is damaged: the checksum is wrong');
  };
  const table = next(Number(length));
  check(headerOf(table) === `${header}\n`);
  const { facts, lists } = deserialize(table) as Table<F>;
  const itemsOf = (block: Table<F>['lists'][string][number]): unknown[] => {
    const part = next(block.length);
    check(sumOf(part) === block.sum);
    return deserialize(part) as unknown[];
  };
  const items = Object.entries(lists).map(([name, blocks]) => [name, blocks.flatMap(itemsOf)] as const);
  check(at === bytes.length);
  return { facts, lists: Object.fromEntries(items) };
}

/** A pause of so many times what a save took, between these bounds: however large the world, saving it takes little of the time. */
const PAUSE_FACTOR = 20;
const PAUSE_MIN_MS = 3_000;
const PAUSE_MAX_MS = 60_000;

export class StateFile<F> {
  readonly #path: string;
  readonly #encoder = new StateEncoder();
  /** Header of what the file holds. */
  #written = '';
  #timer: NodeJS.Timeout | null = null;
  #saving: Promise<void> = Promise.resolve();
  #ended = false;

  constructor(path: string) {
    this.#path = path;
  }

  /** null: there is none yet. @throws RangeError, or what the file system says */
  read(): SavedWorld<F> | null {
    let bytes: Buffer;
    try {
      bytes = readFileSync(this.#path);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
      throw error;
    }
    return decodeState(bytes);
  }

  /** Whole or not at all, and on the disk. One save at a time. */
  async save(state: WorldState<F>): Promise<void> {
    const pieces = this.#encoder.encode(state);
    const written = pieces[0]!.toString();
    if (this.#written === written) return;
    const temporary = `${this.#path}.tmp`;
    await rm(temporary, { force: true });
    await writeFile(temporary, pieces, { mode: 0o600, flag: 'wx', flush: true });
    await rename(temporary, this.#path);
    this.#written = written;
  }

  /** Saves again and again. What fails is told, and tried again. */
  keep(state: () => WorldState<F>): void {
    let pauseMs = PAUSE_MIN_MS;
    const again = (): void => {
      if (!this.#ended) this.#timer = setTimeout(() => (this.#saving = once()), pauseMs);
    };
    const once = async (): Promise<void> => {
      const started = performance.now();
      await this.save(state()).catch((error: Error) => process.stderr.write(`the state was not saved: ${error.message}\n`));
      pauseMs = Math.min(Math.max((performance.now() - started) * PAUSE_FACTOR, PAUSE_MIN_MS), PAUSE_MAX_MS);
      again();
    };
    again();
  }

  /** Stops saving; then nothing is being written any more. */
  async end(): Promise<void> {
    this.#ended = true;
    if (this.#timer !== null) clearTimeout(this.#timer);
    await this.#saving;
  }
}
