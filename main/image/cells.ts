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

/**
 * Writes the UTF-8 of `value` at `at`; returns its bytes, or -1 where it takes more than `room`. ASCII in a loop: names and ids are
 * short, and a call of TextEncoder costs ten times that.
 */
export function putText(bytes: Uint8Array, at: number, value: string, room: number): number {
  const { length } = value;
  if (length > room) return -1;
  for (let i = 0; i < length; i += 1) {
    const code = value.charCodeAt(i);
    if (code > 127) {
      const { read, written } = encoder.encodeInto(value, bytes.subarray(at, at + room));
      return read < length ? -1 : written;
    }
    bytes[at + i] = code;
  }
  return length;
}

const measured = new Uint8Array(256);

/** Bytes of the UTF-8 of `value`, or -1 where it takes more than `room`, of at most 256. */
export const textLength = (value: string, room: number): number => putText(measured, 0, value, room);

/** Writes the text and zeros the rest of its space. The caller has checked that it fits. */
export function setText(image: Image, base: number, column: Column, value: string): void {
  const at = base + column.offset;
  const end = at + column.size;
  const length = putText(image.bytes, at + 1, value, column.size - 1);
  image.bytes[at] = length;
  for (let i = at + 1 + length; i < end; i += 1) image.bytes[i] = 0;
}
