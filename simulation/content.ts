/** The bytes of a file in memory. */

import { xxh64 } from '@node-rs/xxhash';

export const SECTOR_BYTES = 512;

/** One sector's bytes, which never change: contents and what is pending share them. */
export class Sector {
  readonly bytes: Uint8Array;
  /** XXH64 in two halves: a big integer for each sector of each disk takes longer than all the rest of its fingerprint. */
  readonly hashLow: number;
  readonly hashHigh: number;

  /** @param bytes {@link SECTOR_BYTES} of them */
  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
    const hash = xxh64(bytes);
    this.hashLow = Number(hash & 0xffff_ffffn);
    this.hashHigh = Number(hash >> 32n);
  }
}

/** Of all that are zero there is this one. */
const ZEROS = new Sector(new Uint8Array(SECTOR_BYTES));

const sectorOf = (bytes: Uint8Array): Sector => (Buffer.compare(bytes, ZEROS.bytes) === 0 ? ZEROS : new Sector(bytes));

/** In sectors; where there is none, zeros. What lies beyond the size is not part of it. */
export class Content {
  size = 0;
  #sectors: Sector[] = [];
  /** The list of sectors is another's as well. */
  #shared = false;
  #print: bigint | null = null;

  /** Costs nothing per byte. */
  copy(): Content {
    const copy = new Content();
    this.#shared = true;
    copy.size = this.size;
    copy.#sectors = this.#sectors;
    copy.#shared = true;
    copy.#print = this.#print;
    return copy;
  }

  sector(index: number): Sector {
    return this.#sectors[index] ?? ZEROS;
  }

  #own(): void {
    if (this.#shared) this.#sectors = this.#sectors.slice();
    this.#shared = false;
    this.#print = null;
  }

  /** Puts a sector without making the file longer. */
  putSector(index: number, sector: Sector): void {
    this.#own();
    while (this.#sectors.length < index) this.#sectors.push(ZEROS);
    this.#sectors[index] = sector;
  }

  /** @param bytes are kept, not copied: they may not change any more */
  write(position: number, bytes: Uint8Array): void {
    for (let done = 0; done < bytes.length; ) {
      const at = (position + done) % SECTOR_BYTES;
      const part = bytes.subarray(done, done + SECTOR_BYTES - at);
      const index = (position + done - at) / SECTOR_BYTES;
      let whole = part;
      if (part.length < SECTOR_BYTES) {
        whole = this.sector(index).bytes.slice();
        whole.set(part, at);
      }
      this.putSector(index, sectorOf(whole));
      done += part.length;
    }
    if (position + bytes.length > this.size) this.resize(position + bytes.length);
  }

  resize(size: number): void {
    if (size < this.size) this.#clear(size);
    this.#print = null;
    this.size = size;
  }

  /** What was put past the end does not come to light when the file grows. */
  clearPastEnd(): void {
    if (this.#sectors.length * SECTOR_BYTES > this.size) this.#clear(this.size);
  }

  #clear(from: number): void {
    this.#own();
    const last = Math.ceil(from / SECTOR_BYTES);
    this.#sectors.length = Math.min(this.#sectors.length, last);
    const at = from % SECTOR_BYTES;
    if (at === 0 || this.#sectors.length < last) return;
    const bytes = this.#sectors[last - 1]!.bytes.slice();
    bytes.fill(0, at);
    this.#sectors[last - 1] = sectorOf(bytes);
  }

  /** Into `target[offset...]`; zeros where nothing was put. @param length may lie beyond the size */
  copyTo(target: Uint8Array, offset: number, length: number, position: number): void {
    for (let done = 0; done < length; ) {
      const at = (position + done) % SECTOR_BYTES;
      const part = Math.min(SECTOR_BYTES - at, length - done);
      const { bytes } = this.sector((position + done - at) / SECTOR_BYTES);
      target.set(part === SECTOR_BYTES ? bytes : bytes.subarray(at, at + part), offset + done);
      done += part;
    }
  }

  read(target: Uint8Array, offset: number, length: number, position: number): number {
    const there = Math.max(0, Math.min(length, this.size - position));
    this.copyTo(target, offset, there, position);
    return there;
  }

  /** Equal where the bytes are. */
  fingerprint(): bigint {
    if (this.#print !== null) return this.#print;
    const whole = Math.floor(this.size / SECTOR_BYTES);
    const hashes = new Uint32Array(2 * whole);
    for (let i = 0; i < Math.min(whole, this.#sectors.length); i += 1) {
      const sector = this.#sectors[i]!;
      // As where there is no sector.
      if (sector === ZEROS) continue;
      hashes[2 * i] = sector.hashLow;
      hashes[2 * i + 1] = sector.hashHigh;
    }
    const rest = xxh64(this.sector(whole).bytes.subarray(0, this.size - whole * SECTOR_BYTES), BigInt(this.size));
    this.#print = xxh64(new Uint8Array(hashes.buffer), rest);
    return this.#print;
  }
}
