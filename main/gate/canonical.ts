/**
 * Canonical JSON after RFC 8785, narrowed: what is hashed and signed has exactly one spelling.
 *
 * Keys are sorted by their UTF-16 code units, there is no white space, strings are escaped as ECMAScript does. Values are
 * strings, booleans, null, safe integers, arrays and plain objects. Everything that has two spellings, or none, is refused:
 * fractions and exponents (amounts are decimal strings), -0, NaN, undefined, holes, the key `__proto__`, lone surrogates.
 * Bytes from a file are canonical only if encoding what they say gives the same bytes: that excludes white space, duplicate
 * keys, other escapes and trailing bytes in one comparison.
 */

import { createHash } from 'node:crypto';
import { RearmError } from '../../shared/errors.ts';

/** Deepest nesting that is written or read. */
export const DEPTH_MAX = 32;

function refuse(where: string, reason: string): never {
  throw new RearmError('PAYLOAD_INVALID', `${where} has no canonical form: ${reason}`, { where, reason });
}

function text(value: string, where: string): string {
  if (!value.isWellFormed()) refuse(where, 'a lone surrogate');
  return JSON.stringify(value);
}

function encode(value: unknown, where: string, depth: number): string {
  if (depth > DEPTH_MAX) refuse(where, `nested deeper than ${DEPTH_MAX}`);
  if (value === null || typeof value === 'boolean') return String(value);
  if (typeof value === 'string') return text(value, where);
  if (typeof value === 'number') {
    if (!Number.isSafeInteger(value) || Object.is(value, -0)) refuse(where, `the number ${value} is not a safe integer`);
    return String(value);
  }
  if (Array.isArray(value)) {
    const items: string[] = [];
    for (let i = 0; i < value.length; i += 1) {
      if (!Object.hasOwn(value, i)) refuse(`${where}[${i}]`, 'a hole in an array');
      items.push(encode(value[i], `${where}[${i}]`, depth + 1));
    }
    return `[${items.join(',')}]`;
  }
  if (typeof value !== 'object') refuse(where, `a value of type ${typeof value}`);
  const prototype = Object.getPrototypeOf(value);
  if (prototype !== Object.prototype && prototype !== null) refuse(where, 'an object that is not plain');
  if (Object.getOwnPropertySymbols(value).length > 0) refuse(where, 'a symbol as a key');
  const members = Object.keys(value)
    .sort()
    .map((key) => {
      const at = `${where}.${key}`;
      if (key === '__proto__') refuse(at, 'the key __proto__');
      return `${text(key, at)}:${encode((value as Record<string, unknown>)[key], at, depth + 1)}`;
    });
  return `{${members.join(',')}}`;
}

/** @throws RearmError PAYLOAD_INVALID, with the place in `context.where` and the cause in `context.reason`. */
export const canonicalText = (value: unknown): string => encode(value, '$', 0);

/** UTF-8 of {@link canonicalText}. @throws RearmError PAYLOAD_INVALID */
export const canonicalBytes = (value: unknown): Uint8Array => new TextEncoder().encode(canonicalText(value));

/** SHA-256, 64 lower-case hexadecimal digits. */
export const sha256Hex = (bytes: Uint8Array | string): string => createHash('sha256').update(bytes).digest('hex');

/** SHA-256 of the canonical bytes, hexadecimal. @throws RearmError PAYLOAD_INVALID */
export const canonicalHash = (value: unknown): string => sha256Hex(canonicalBytes(value));

/**
 * Reads canonical bytes. `what` names them in the refusal (a path, a line).
 *
 * @throws RearmError FORMAT_INVALID for anything but the canonical spelling of a value.
 */
export function parseCanonical(bytes: Uint8Array, what: string): unknown {
  const invalid = (reason: string, cause?: unknown) =>
    new RearmError('FORMAT_INVALID', `${what} is not canonical JSON: ${reason}`, { what, reason }, cause);
  let decoded: string;
  let value: unknown;
  try {
    decoded = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
    value = JSON.parse(decoded);
  } catch (error) {
    throw invalid('it does not parse', error);
  }
  let again: string;
  try {
    again = canonicalText(value);
  } catch (error) {
    throw invalid(error instanceof RearmError ? String(error.context.reason) : 'no canonical form', error);
  }
  if (again !== decoded) throw invalid('another spelling of the same value');
  return value;
}
