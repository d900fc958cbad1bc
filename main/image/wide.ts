/**
 * A signed integer of 160 bits that is worked on in place: what money is calculated with. Cells hold 128 bits; the rest is room for
 * intermediate sums, so that only what is stored must fit. A bigint of this size is allocated anew by every step and costs ten times as much.
 *
 * Two's complement, little-endian words. Multiplication: Knuth, TAOCP 2, 4.3.1, algorithm M, in halves that a double holds exactly.
 */

import { RearmError } from '../../shared/errors.ts';
import type { Column } from '../../shared/model/schema.ts';
import type { Image } from './image.ts';

const WORDS = 5;
const WORD = 4_294_967_296;

const cell = new BigInt64Array(1);
const cellWords = new Uint32Array(cell.buffer);
/** On the way from and to a bigint: three words of 64 bits, for each its two halves. */
const transfer = new BigUint64Array(3);
const transferSigned = new BigInt64Array(transfer.buffer);
const transferWords = new Uint32Array(transfer.buffer);
/** Where the next product goes; it changes places with the words of what was multiplied. */
let product = new Uint32Array(WORDS);

/** Words of a factor above zero; few, so that multiplying by it is cheap. */
export function factorOf(value: bigint): Uint32Array {
  const words: number[] = [];
  for (let rest = value; rest > 0n; rest >>= 32n) words.push(Number(rest & 0xffff_ffffn));
  return Uint32Array.from(words);
}

export class Wide {
  #words = new Uint32Array(WORDS);

  /** Takes a cell of 128 bits. */
  load(image: Image, base: number, column: Column): this {
    const words = this.#words;
    const { quads } = image;
    const at = (base + column.offset) >> 2;
    words[0] = quads[at]!;
    words[1] = quads[at + 1]!;
    words[2] = quads[at + 2]!;
    words[3] = quads[at + 3]!;
    words[4] = (quads[at + 3]! | 0) >> 31;
    return this;
  }

  /** Takes a cell of 64 bits. */
  load64(image: Image, base: number, column: Column): this {
    const at = (base + column.offset) >> 2;
    return this.#extend(image.quads[at]!, image.quads[at + 1]!);
  }

  /** Takes a value of 64 bits. */
  set64(value: bigint): this {
    cell[0] = value;
    return this.#extend(cellWords[0]!, cellWords[1]!);
  }

  #extend(low: number, high: number): this {
    const words = this.#words;
    const sign = (high | 0) >> 31;
    words[0] = low;
    words[1] = high;
    words[2] = sign;
    words[3] = sign;
    words[4] = sign;
    return this;
  }

  copy(other: Wide): this {
    const words = this.#words;
    const from = other.#words;
    words[0] = from[0]!;
    words[1] = from[1]!;
    words[2] = from[2]!;
    words[3] = from[3]!;
    words[4] = from[4]!;
    return this;
  }

  clear(): this {
    return this.#extend(0, 0);
  }

  /** @throws RearmError AMOUNT_OVERFLOW */
  set(value: bigint, what: string): this {
    if (BigInt.asIntN(32 * WORDS, value) !== value) throw overflow(what);
    const upper = value >> 64n;
    // What is stored is taken modulo 2^64.
    transfer[0] = value;
    transfer[1] = upper;
    transfer[2] = upper >> 64n;
    const words = this.#words;
    for (let i = 0; i < WORDS; i += 1) words[i] = transferWords[i]!;
    return this;
  }

  get value(): bigint {
    const words = this.#words;
    for (let i = 0; i < WORDS; i += 1) transferWords[i] = words[i]!;
    transferWords[WORDS] = (words[WORDS - 1]! | 0) >> 31;
    const [low, high, top] = [transferSigned[0]!, transferSigned[1]!, transferSigned[2]!];
    if (top !== high >> 63n) return (top << 128n) | (transfer[1]! << 64n) | transfer[0]!;
    return high === low >> 63n ? low : (high << 64n) | transfer[0]!;
  }

  get isZero(): boolean {
    const words = this.#words;
    return (words[0]! | words[1]! | words[2]! | words[3]! | words[4]!) === 0;
  }

  get isNegative(): boolean {
    return this.#words[WORDS - 1]! >>> 31 === 1;
  }

  /** Of sums: a few of what cells hold always fit. */
  add(other: Wide): this {
    const a = this.#words;
    const b = other.#words;
    let sum = a[0]! + b[0]!;
    a[0] = sum;
    sum = a[1]! + b[1]! + (sum >= WORD ? 1 : 0);
    a[1] = sum;
    sum = a[2]! + b[2]! + (sum >= WORD ? 1 : 0);
    a[2] = sum;
    sum = a[3]! + b[3]! + (sum >= WORD ? 1 : 0);
    a[3] = sum;
    a[4] = a[4]! + b[4]! + (sum >= WORD ? 1 : 0);
    return this;
  }

  subtract(other: Wide): this {
    const a = this.#words;
    const b = other.#words;
    let rest = a[0]! - b[0]!;
    a[0] = rest;
    rest = a[1]! - b[1]! - (rest < 0 ? 1 : 0);
    a[1] = rest;
    rest = a[2]! - b[2]! - (rest < 0 ? 1 : 0);
    a[2] = rest;
    rest = a[3]! - b[3]! - (rest < 0 ? 1 : 0);
    a[3] = rest;
    a[4] = a[4]! - b[4]! - (rest < 0 ? 1 : 0);
    return this;
  }

  negate(): this {
    const words = this.#words;
    let rest = -words[0]!;
    words[0] = rest;
    rest = -words[1]! - (rest < 0 ? 1 : 0);
    words[1] = rest;
    rest = -words[2]! - (rest < 0 ? 1 : 0);
    words[2] = rest;
    rest = -words[3]! - (rest < 0 ? 1 : 0);
    words[3] = rest;
    words[4] = -words[4]! - (rest < 0 ? 1 : 0);
    return this;
  }

  isAbove(other: Wide): boolean {
    const a = this.#words;
    const b = other.#words;
    if (a[WORDS - 1] !== b[WORDS - 1]) return (a[WORDS - 1]! | 0) > (b[WORDS - 1]! | 0);
    for (let i = WORDS - 2; i >= 0; i -= 1) if (a[i] !== b[i]) return a[i]! > b[i]!;
    return false;
  }

  /** Times a value of 64 bits. @throws RearmError AMOUNT_OVERFLOW */
  times64(value: bigint, what: string): this {
    cell[0] = value;
    if (value >= 0n) return this.times(cellWords, what);
    cell[0] = -value;
    return this.times(cellWords, what).negate();
  }

  /** Times one that is not negative. @throws RearmError AMOUNT_OVERFLOW */
  timesWide(other: Wide, what: string): this {
    return this.times(other.#words, what);
  }

  /** Times a factor of {@link factorOf}. @throws RearmError AMOUNT_OVERFLOW */
  times(factor: Uint32Array, what: string): this {
    const negative = this.isNegative;
    if (negative) this.negate();
    const words = this.#words;
    let used = WORDS;
    while (used > 0 && words[used - 1] === 0) used -= 1;
    const result = product;
    result[0] = 0;
    result[1] = 0;
    result[2] = 0;
    result[3] = 0;
    result[4] = 0;
    for (let j = 0; j < factor.length; j += 1) {
      const by = factor[j]!;
      if (by === 0) continue;
      const low = by & 0xffff;
      const high = by >>> 16;
      let carry = 0;
      for (let i = 0; i < used || carry > 0; i += 1) {
        if (i + j >= WORDS) throw overflow(what);
        const word = i < used ? words[i]! : 0;
        const lower = word * low + result[i + j]! + carry;
        const upper = word * high + Math.floor(lower / 65_536);
        result[i + j] = ((upper & 0xffff) << 16) | (lower & 0xffff);
        carry = Math.floor(upper / 65_536);
      }
    }
    if (result[WORDS - 1]! >>> 31 === 1) throw overflow(what);
    product = words;
    this.#words = result;
    return negative ? this.negate() : this;
  }

  /** Puts it into a cell of 128 bits. @throws RearmError AMOUNT_OVERFLOW where it does not fit: never a wrap */
  store(image: Image, base: number, column: Column, what: string = column.name): void {
    const words = this.#words;
    if ((words[4]! | 0) !== (words[3]! | 0) >> 31) throw overflow(what);
    const { quads } = image;
    const at = (base + column.offset) >> 2;
    quads[at] = words[0]!;
    quads[at + 1] = words[1]!;
    quads[at + 2] = words[2]!;
    quads[at + 3] = words[3]!;
  }
}

const overflow = (what: string): RearmError => new RearmError('AMOUNT_OVERFLOW', `${what} does not fit 128 bits`, { what });

const before = new Uint32Array(64);

/** Keeps cells of 128 bits as they are now, from place `at` of what is kept, for {@link addChange}. At most 16 places. */
export function keepCell(image: Image, base: number, column: Column, at: number): void {
  const { quads } = image;
  const from = (base + column.offset) >> 2;
  const there = at * 4;
  before[there] = quads[from]!;
  before[there + 1] = quads[from + 1]!;
  before[there + 2] = quads[from + 2]!;
  before[there + 3] = quads[from + 3]!;
}

/**
 * Adds to a cell by how much another one changed since it was kept at `at`: in one pass, because it is done thrice for every mark.
 *
 * @throws RearmError AMOUNT_OVERFLOW where it does not fit: never a wrap
 */
export function addChange(image: Image, base: number, column: Column, at: number, toBase: number, toColumn: Column): void {
  const { quads } = image;
  const now = (base + column.offset) >> 2;
  const to = (toBase + toColumn.offset) >> 2;
  const then = at * 4;
  let sum = quads[to]! + quads[now]! - before[then]!;
  const word0 = sum;
  sum = quads[to + 1]! + quads[now + 1]! - before[then + 1]! + (sum >= WORD ? 1 : sum < 0 ? -1 : 0);
  const word1 = sum;
  sum = quads[to + 2]! + quads[now + 2]! - before[then + 2]! + (sum >= WORD ? 1 : sum < 0 ? -1 : 0);
  const word2 = sum;
  sum = (quads[to + 3]! | 0) + (quads[now + 3]! | 0) - (before[then + 3]! | 0) + (sum >= WORD ? 1 : sum < 0 ? -1 : 0);
  if (sum !== (sum | 0)) throw overflow(toColumn.name);
  quads[to] = word0;
  quads[to + 1] = word1;
  quads[to + 2] = word2;
  quads[to + 3] = sum;
}

/** Copies a cell of 128 bits. */
export function copyCell(image: Image, base: number, column: Column, toBase: number, toColumn: Column): void {
  const from = (base + column.offset) >> 2;
  const to = (toBase + toColumn.offset) >> 2;
  const { quads } = image;
  quads[to] = quads[from]!;
  quads[to + 1] = quads[from + 1]!;
  quads[to + 2] = quads[from + 2]!;
  quads[to + 3] = quads[from + 3]!;
}

/** Whether two cells of 128 bits are equal. */
export function isSameCell(image: Image, base: number, column: Column, otherBase: number, otherColumn: Column): boolean {
  const { quads } = image;
  const at = (base + column.offset) >> 2;
  const there = (otherBase + otherColumn.offset) >> 2;
  return (
    quads[at] === quads[there] &&
    quads[at + 1] === quads[there + 1] &&
    quads[at + 2] === quads[there + 2] &&
    quads[at + 3] === quads[there + 3]
  );
}
