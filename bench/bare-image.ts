/**
 * After-images copied to where they belong, and nothing more: what a replay does at least. Pages lie table by table, as many as each
 * may have, so that a row's place is arithmetic. No LSN is looked at, no change is doubted.
 */

import { xxh64 } from '@node-rs/xxhash';
import type { RowBounds } from '../main/image/image.ts';
import { CHANGE_CLEAR, CHANGE_PAGE } from '../main/operations/record.ts';
import { PAGE_BYTES, PAGE_HEADER_BYTES } from '../shared/model/schema.ts';
import { TABLE_LIST } from '../shared/model/tables.ts';

/** Per table id: its first page, rows a page, bytes a row. */
const FIELDS = 3;

/** @returns the fields of every table id below 256, and the pages of all */
export function geometryOf(bounds: RowBounds): { readonly geometry: Uint32Array; readonly pages: number } {
  const geometry = new Uint32Array(256 * FIELDS);
  let pages = 0;
  for (const { id, name, rowsMax, rowsPerPage, rowBytes } of TABLE_LIST) {
    geometry.set([pages, rowsPerPage, rowBytes], id * FIELDS);
    pages += Math.ceil((bounds[name] ?? rowsMax) / rowsPerPage);
  }
  return { geometry, pages };
}

export class BareImage {
  readonly bytes: Uint8Array;
  readonly #words: BigInt64Array;
  readonly #geometry: Uint32Array;
  readonly #isChanged: Uint8Array;
  #changed: number[] = [];

  constructor(bounds: RowBounds) {
    const { geometry, pages } = geometryOf(bounds);
    this.#geometry = geometry;
    // Touched, as an image is that was loaded.
    this.bytes = new Uint8Array(pages * PAGE_BYTES).fill(1);
    this.#words = new BigInt64Array(this.bytes.buffer);
    this.#isChanged = new Uint8Array(pages);
  }

  /** Copies the after-images of the record at `at`, which lies at a multiple of 8 in the buffer that both views show. */
  copy(quads: Uint32Array, words: BigInt64Array, at: number): void {
    const geometry = this.#geometry;
    const image = this.#words;
    const quad = at >> 2;
    let word = (at >> 3) + 3 + ((quads[quad + 4]! + 7) >> 3);
    for (let left = quads[quad + 5]!; left > 0; left -= 1) {
      const row = quads[word * 2]!;
      const packed = quads[word * 2 + 1]!;
      const count = packed >>> 24;
      const kind = (packed >>> 8) & 0xff;
      word += 1;
      if (kind !== CHANGE_PAGE) {
        const field = (packed & 0xff) * FIELDS;
        const rowsPerPage = geometry[field + 1]!;
        const rowWords = geometry[field + 2]! >> 3;
        const index = (row / rowsPerPage) | 0;
        const page = geometry[field]! + index;
        let target = page * (PAGE_BYTES / 8) + PAGE_HEADER_BYTES / 8 + (row - index * rowsPerPage) * rowWords;
        if (kind === CHANGE_CLEAR) for (let i = 0; i < rowWords; i += 1) image[target + i] = 0n;
        else {
          target += (packed >>> 16) & 0xff;
          for (let i = 0; i < count; i += 1) image[target + i] = words[word + i]!;
        }
        if (this.#isChanged[page] === 0) {
          this.#isChanged[page] = 1;
          this.#changed.push(page);
        }
      }
      word += count;
    }
  }

  /** Hashes the pages that changed since the last call, as a root costs it. */
  hashChanged(): bigint {
    let sum = 0n;
    for (const page of this.#changed) {
      this.#isChanged[page] = 0;
      sum += xxh64(this.bytes.subarray(page * PAGE_BYTES + 8, (page + 1) * PAGE_BYTES));
    }
    this.#changed = [];
    return BigInt.asUintN(64, sum);
  }
}
