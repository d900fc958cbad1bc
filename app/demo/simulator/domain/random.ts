/**
 * Seeded randomness: the whole market comes from one seed. Each consumer has its own stream, named by a label, so that a
 * draw more in one place moves nothing in another.
 */

import { createHash } from 'node:crypto';

/** sfc32: 128 bits of state, integers only, the same on every machine. */
export class Random {
  #a: number;
  #b: number;
  #c: number;
  #counter: number;

  constructor(seed: number, label: string) {
    const digest = createHash('sha256').update(`${seed}/${label}`).digest();
    this.#a = digest.readUInt32LE(0);
    this.#b = digest.readUInt32LE(4);
    this.#c = digest.readUInt32LE(8);
    this.#counter = 1;
    for (let i = 0; i < 12; i += 1) this.#next();
  }

  state(): readonly [number, number, number, number] {
    return [this.#a, this.#b, this.#c, this.#counter];
  }

  restore(state: ReturnType<Random['state']>): void {
    [this.#a, this.#b, this.#c, this.#counter] = state;
  }

  #next(): number {
    const sum = (((this.#a + this.#b) | 0) + this.#counter) | 0;
    this.#counter = (this.#counter + 1) | 0;
    this.#a = this.#b ^ (this.#b >>> 9);
    this.#b = (this.#c + (this.#c << 3)) | 0;
    this.#c = (this.#c << 21) | (this.#c >>> 11);
    this.#c = (this.#c + sum) | 0;
    return sum >>> 0;
  }

  /** An integer in [0, bound), bound at most 2^20. */
  below(bound: number): number {
    return Math.floor((this.#next() / 0x1_0000_0000) * bound);
  }

  /** Roughly normal: an integer in [-4000, 4000] with a standard deviation of about BELL_DEVIATION. */
  bell(): number {
    return this.below(2001) + this.below(2001) + this.below(2001) + this.below(2001) - 4000;
  }
}

export const BELL_DEVIATION = 1155;
