/** Reading and writing one column of a row, by its declared type. `base` is the byte offset of the row in the image. */

import type { Column } from '../../shared/model/schema.ts';
import type { Image } from './image.ts';

const encoder = new TextEncoder();
const decoder = new TextDecoder('utf-8', { fatal: false, ignoreBOM: true });

export const getByte = (image: Image, base: number, column: Column): number => image.bytes[base + column.offset]!;
export const setByte = (image: Image, base: number, column: Column, value: number): void => {
  image.bytes[base + column.offset] = value;
};

export const getU32 = (image: Image, base: number, column: Column): number => image.quads[(base + column.offset) >> 2]!;
export const setU32 = (image: Image, base: number, column: Column, value: number): void => {
  image.quads[(base + column.offset) >> 2] = value;
};

/** Signed 64 bits; the caller has checked the range. */
export const getI64 = (image: Image, base: number, column: Column): bigint => image.words[(base + column.offset) >> 3]!;
export const setI64 = (image: Image, base: number, column: Column, value: bigint): void => {
  image.words[(base + column.offset) >> 3] = value;
};

export const getU64 = (image: Image, base: number, column: Column): bigint => image.unsignedWords[(base + column.offset) >> 3]!;
export const setU64 = (image: Image, base: number, column: Column, value: bigint): void => {
  image.unsignedWords[(base + column.offset) >> 3] = value;
};

/** Signed 128 bits: low word, then high word. */
export function getI128(image: Image, base: number, column: Column): bigint {
  const at = (base + column.offset) >> 3;
  const low = image.unsignedWords[at]!;
  const high = image.words[at + 1]!;
  return high === 0n ? low : (high << 64n) | low;
}

export function setI128(image: Image, base: number, column: Column, value: bigint): void {
  const at = (base + column.offset) >> 3;
  image.unsignedWords[at] = BigInt.asUintN(64, value);
  image.words[at + 1] = value >> 64n;
}

export function textBytes(image: Image, base: number, column: Column): Uint8Array {
  const at = base + column.offset;
  const length = Math.min(image.bytes[at]!, column.size - 1);
  return image.bytes.subarray(at + 1, at + 1 + length);
}

/** ASCII in a loop: ids are ASCII, and TextDecoder costs ten times that; decoding a shared buffer needs a copy anyway. */
export function decodeText(bytes: Uint8Array): string {
  let text = '';
  for (let i = 0; i < bytes.length; i += 1) {
    const code = bytes[i]!;
    if (code > 127) return decoder.decode(bytes.slice());
    text += String.fromCharCode(code);
  }
  return text;
}

export const getText = (image: Image, base: number, column: Column): string => decodeText(textBytes(image, base, column));

/** UTF-8 bytes of a string. */
export const encodeText = (value: string): Uint8Array => encoder.encode(value);

/** Writes the text and zeros the rest of its space. The caller has checked the length in bytes. */
export function setText(image: Image, base: number, column: Column, value: Uint8Array): void {
  const at = base + column.offset;
  image.bytes[at] = value.length;
  image.bytes.set(value, at + 1);
  image.bytes.fill(0, at + 1 + value.length, at + column.size);
}
