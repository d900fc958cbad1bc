/**
 * Intents as bytes. Fields in declared order, little-endian, no padding between them:
 *
 * | field | bytes |
 * |---|---|
 * | text | u8 length, UTF-8 |
 * | decimal | u8 scale; then i64 units; scale + 128: i128 units; scale 255: none, nothing follows |
 * | time | i64 nanoseconds |
 * | enum, flag | u8 |
 * | u32 | 4 |
 * | u64 | 8 |
 * | json, bytes | u32 length, bytes |
 *
 * A json field holds any UTF-8: that it is JSON is a convention of the callers, which nothing checks. A decimal that is none is 0 in the
 * rows; in order.amend it leaves the order's value as it is, and as the rate of asset.define it is 1. The other empty values (text of no
 * bytes, time 0) are none as well.
 */

import { formatDecimal, INT64_MAX, INT64_MIN, parseDecimal, parseShortDecimal } from '../../shared/amounts.ts';
import { RearmError } from '../../shared/errors.ts';
import { type FieldType, type Intent, OPERATION_BY_ID, OPERATIONS, type OperationType } from '../../shared/model/operations.ts';
import { putText } from '../image/cells.ts';

export const BLOB_BYTES_MAX = 1 << 20;
const DECIMAL_NONE = 255;
const WIDE = 128;

const encoder = new TextEncoder();
const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** Half of a surrogate pair has no UTF-8: two different names would become one. */
function requireWellFormed(value: string, type: string, name: string): void {
  if (!value.isWellFormed()) refuse(type, name, value, 'text that UTF-8 can hold');
}

interface Field {
  readonly name: string;
  readonly type: FieldType;
  readonly numbers: ReadonlyMap<string, number> | undefined;
}

/** How the intents of one operation are written. */
export interface IntentFormat {
  readonly type: OperationType;
  /** Of the operation. */
  readonly id: number;
  readonly fields: readonly Field[];
  /** What everything but the contents of the open fields takes at most. */
  readonly bytesMax: number;
  /** Fields of no fixed bound, and the bytes that one unit of each takes at most. */
  readonly open: readonly { readonly name: string; readonly unitBytes: number }[];
}

const FIELD_BYTES_MAX = { text: 256, json: 4, bytes: 4 } as const;

const FORMATS: ReadonlyMap<string, IntentFormat> = new Map(
  (Object.keys(OPERATIONS) as OperationType[]).map((type) => {
    const { id, fields: declared } = OPERATIONS[type];
    const fields = Object.entries(declared as Readonly<Record<string, FieldType>>).map(([name, field]) => ({
      name,
      type: field,
      numbers: field.kind === 'enum' ? new Map(field.names.map((entry, index) => [entry, index])) : undefined,
    }));
    const bytesMax = fields.reduce((sum, field) => sum + (FIELD_BYTES_MAX[field.type.kind as 'text'] ?? 17), 0);
    const open = fields.flatMap(({ name, type: { kind } }) =>
      kind === 'json' || kind === 'bytes' ? [{ name, unitBytes: kind === 'json' ? 3 : 1 }] : [],
    );
    return [type, { type, id, fields, bytesMax, open }];
  }),
);

/** @throws RearmError OPERATION_INVALID for a type that is none */
export function formatOf(type: string): IntentFormat {
  const format = FORMATS.get(type);
  if (!format) throw new RearmError('OPERATION_INVALID', `no operation is called ${JSON.stringify(type)}`, {});
  return format;
}

function refuse(type: string, name: string, value: unknown, expected: string): never {
  const shown = typeof value === 'bigint' ? `${value}n` : JSON.stringify(value);
  throw new RearmError('OPERATION_INVALID', `${type}: ${name} is ${shown}, not ${expected}`, { type, name });
}

/** Bytes that the intent can take at most; an over-estimate that needs no encoding. */
export function intentBytesMax(intent: Intent, { bytesMax, open }: IntentFormat): number {
  let bytes = bytesMax;
  for (let i = 0; i < open.length; i += 1) {
    const { name, unitBytes } = open[i]!;
    bytes += unitBytes * ((intent as unknown as Record<string, string | Uint8Array | undefined>)[name]?.length ?? 0);
  }
  return bytes;
}

/** Encodes into `view` at `at`; returns the end. @throws RearmError OPERATION_INVALID, TEXT_TOO_LONG, AMOUNT_INVALID */
export function encodeIntent(intent: Intent, { fields }: IntentFormat, bytes: Uint8Array, view: DataView, start: number): number {
  let at = start;
  for (let i = 0; i < fields.length; i += 1) {
    const { name, type, numbers } = fields[i]!;
    const value = (intent as unknown as Record<string, unknown>)[name];
    switch (type.kind) {
      case 'text': {
        if (typeof value !== 'string') refuse(intent.type, name, value, 'a string');
        const length = putText(bytes, at + 1, value, 255);
        // Only ASCII takes a byte for each of its units, and ASCII is well formed.
        if (length !== value.length) requireWellFormed(value, intent.type, name);
        if (length < 0) throw new RearmError('TEXT_TOO_LONG', `${intent.type}: ${name} has more than 255 bytes`, { name });
        bytes[at] = length;
        at += 1 + length;
        break;
      }
      case 'decimal': {
        if (typeof value !== 'string') refuse(intent.type, name, value, 'a decimal string');
        at = encodeDecimal(value, bytes, view, at);
        break;
      }
      case 'time':
        if (typeof value !== 'bigint' || value < 0n || value > INT64_MAX) refuse(intent.type, name, value, 'a time in nanoseconds');
        view.setBigInt64(at, value, true);
        at += 8;
        break;
      case 'u64':
        if (typeof value !== 'bigint' || value < 0n || value > 0xffff_ffff_ffff_ffffn) refuse(intent.type, name, value, 'a u64');
        view.setBigUint64(at, value, true);
        at += 8;
        break;
      case 'u32':
        if (typeof value !== 'number' || !Number.isInteger(value) || value < 0 || value > 0xffff_ffff)
          refuse(intent.type, name, value, 'a u32');
        view.setUint32(at, value, true);
        at += 4;
        break;
      case 'enum': {
        const number = numbers!.get(value as string);
        if (number === undefined) refuse(intent.type, name, value, `one of ${type.names.join(', ')}`);
        bytes[at] = number;
        at += 1;
        break;
      }
      case 'flag':
        if (typeof value !== 'boolean') refuse(intent.type, name, value, 'true or false');
        bytes[at] = value ? 1 : 0;
        at += 1;
        break;
      default: {
        if (type.kind === 'json' ? typeof value !== 'string' : !(value instanceof Uint8Array))
          refuse(intent.type, name, value, `a ${type.kind}`);
        if (typeof value === 'string') requireWellFormed(value, intent.type, name);
        const data = typeof value === 'string' ? encoder.encode(value) : (value as Uint8Array);
        if (data.length > BLOB_BYTES_MAX) throw new RearmError('TEXT_TOO_LONG', `${intent.type}: ${name} has more than 1 MiB`, { name });
        view.setUint32(at, data.length, true);
        bytes.set(data, at + 4);
        at += 4 + data.length;
      }
    }
  }
  return at;
}

function encodeDecimal(value: string, bytes: Uint8Array, view: DataView, at: number): number {
  if (value === '') {
    bytes[at] = DECIMAL_NONE;
    return at + 1;
  }
  const dot = value.indexOf('.');
  const scale = dot < 0 ? 0 : value.length - dot - 1;
  const short = parseShortDecimal(value, scale);
  if (!Number.isNaN(short)) {
    const high = Math.floor(short / 4_294_967_296);
    bytes[at] = scale;
    view.setUint32(at + 1, short - high * 4_294_967_296, true);
    view.setInt32(at + 5, high, true);
    return at + 9;
  }
  const units = parseDecimal(value, scale);
  if (units >= INT64_MIN && units <= INT64_MAX) {
    bytes[at] = scale;
    view.setBigInt64(at + 1, units, true);
    return at + 9;
  }
  if (BigInt.asIntN(128, units) !== units) throw new RearmError('AMOUNT_OVERFLOW', `${value} does not fit 128 bits`, { value });
  bytes[at] = scale + WIDE;
  view.setBigUint64(at + 1, BigInt.asUintN(64, units), true);
  view.setBigInt64(at + 9, units >> 64n, true);
  return at + 17;
}

/** Decodes an intent from [start, end). @throws RearmError FORMAT_INVALID where the bytes are not exactly one intent. */
export function decodeIntent(id: number, bytes: Uint8Array, view: DataView, start: number, end: number): Intent {
  const type = OPERATION_BY_ID.get(id);
  if (!type) throw new RearmError('FORMAT_INVALID', `no operation has the id ${id}`, { id });
  const intent: Record<string, unknown> = { type };
  let at = start;
  const need = (count: number) => {
    if (at + count > end) throw new RearmError('FORMAT_INVALID', `${type}: the intent ends early`, { type });
  };
  const textOf = (name: string, content: Uint8Array): string => {
    try {
      return decoder.decode(content);
    } catch (error) {
      throw new RearmError('FORMAT_INVALID', `${type}: ${name} is no text`, { type, name }, error);
    }
  };
  for (const { name, type: field } of FORMATS.get(type)!.fields) {
    switch (field.kind) {
      case 'text': {
        need(1);
        const length = bytes[at]!;
        need(1 + length);
        intent[name] = textOf(name, bytes.slice(at + 1, at + 1 + length));
        at += 1 + length;
        break;
      }
      case 'decimal': {
        need(1);
        const mark = bytes[at]!;
        at += 1;
        if (mark === DECIMAL_NONE) intent[name] = '';
        else if (mark < WIDE) {
          need(8);
          intent[name] = formatDecimal(view.getBigInt64(at, true), mark);
          at += 8;
        } else {
          need(16);
          intent[name] = formatDecimal((view.getBigInt64(at + 8, true) << 64n) | view.getBigUint64(at, true), mark - WIDE);
          at += 16;
        }
        break;
      }
      case 'time':
        need(8);
        intent[name] = view.getBigInt64(at, true);
        at += 8;
        break;
      case 'u64':
        need(8);
        intent[name] = view.getBigUint64(at, true);
        at += 8;
        break;
      case 'u32':
        need(4);
        intent[name] = view.getUint32(at, true);
        at += 4;
        break;
      case 'enum': {
        need(1);
        const value = field.names[bytes[at]!];
        if (value === undefined) throw new RearmError('FORMAT_INVALID', `${type}: ${name} has no value ${bytes[at]}`, { type, name });
        intent[name] = value;
        at += 1;
        break;
      }
      case 'flag':
        need(1);
        intent[name] = bytes[at] === 1;
        at += 1;
        break;
      default: {
        need(4);
        const length = view.getUint32(at, true);
        need(4 + length);
        const data = bytes.slice(at + 4, at + 4 + length);
        intent[name] = field.kind === 'json' ? textOf(name, data) : data;
        at += 4 + length;
      }
    }
  }
  if (at !== end) throw new RearmError('FORMAT_INVALID', `${type}: ${end - at} bytes follow the intent`, { type });
  return intent as unknown as Intent;
}
