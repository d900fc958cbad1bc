/**
 * Fields of checked structures with hostile values, and the checksum mended: what no flipped bit can make. Written from docs/FORMATS.md,
 * not from the engine's readers.
 */

import { xxh64 } from '@node-rs/xxhash';
import type { Damage, Enumeration, Subject } from './damage.ts';

interface Field {
  readonly name: string;
  readonly at: number;
  readonly bytes: 1 | 2 | 4 | 8;
  /** Where not every other value is hostile: what is consistent in itself would be another history, which nothing can tell. */
  readonly values?: readonly bigint[];
}

/** A header whose first 8 bytes are the checksum of what follows, up to `end`. */
interface Structure {
  readonly what: string;
  readonly at: number;
  readonly end: number;
  readonly fields: readonly Field[];
  /** Frames behind it, each of which names the checksum of the one before. */
  readonly chained: readonly { readonly at: number; readonly end: number }[];
}

const field = (name: string, at: number, bytes: Field['bytes'], values?: readonly bigint[]): Field => ({
  name,
  at,
  bytes,
  ...(values && { values }),
});
const mark = (at: number): Field[] => [
  field('mark epoch', at, 4),
  field('mark pages', at + 4, 4),
  field('mark LSN', at + 8, 8),
  field('mark head hash', at + 16, 8),
  field('mark hot root', at + 24, 8),
  field('mark cold root', at + 32, 8),
];
const version = field('version', 12, 2);

const EPOCH: readonly Field[] = [
  version,
  field('reason', 14, 2),
  field('epoch', 32, 4),
  field('parent', 36, 4),
  field('fork LSN', 40, 8),
  field('fork hash', 48, 8),
];
const SEGMENT: readonly Field[] = [
  version,
  field('epoch', 32, 4),
  field('segment', 36, 4),
  field('first LSN', 40, 8),
  field('previous hash', 48, 8),
  field('bytes', 64, 8),
];
const FRAME: readonly Field[] = [
  version,
  field('epoch', 32, 4),
  field('segment', 36, 4),
  field('offset', 40, 8),
  field('first LSN', 48, 8),
  field('count', 56, 4),
  field('payload bytes', 60, 4),
  field('durable LSN', 64, 8),
  field('previous hash', 72, 8),
];
const MAPPED: readonly Field[] = [version, field('epoch', 32, 4), field('pages at most', 36, 4)];
const MAPPED_SLOT: readonly Field[] = [field('slot', 12, 4), ...mark(16)];
const SLOT: readonly Field[] = [version, field('slot', 14, 2), field('pages at most', 32, 4), ...mark(40)];
const snapshot = (chunks: number): Field[] => [
  version,
  field('chunks', 32, 4),
  field('pages per chunk', 36, 4),
  ...mark(40),
  field('bytes', 96, 8),
  ...Array.from({ length: chunks }, (_, chunk) => 128 + chunk * 32).flatMap((at, chunk) => [
    field(`offset of chunk ${chunk}`, at, 8),
    field(`stored bytes of chunk ${chunk}`, at + 8, 4),
    field(`codec of chunk ${chunk}`, at + 12, 4),
    field(`raw bytes of chunk ${chunk}`, at + 16, 4),
    field(`checksum of chunk ${chunk}`, at + 24, 8),
  ]),
];

const FRAME_MAGIC = 0x4d524652;
const FRAME_HEADER_BYTES = 80;
const FRAME_COUNT_AT = 56;
const FRAME_PREVIOUS_AT = 72;
const RECORD_HEADER_BYTES = 24;
/** Beyond every page and row. */
const BEYOND_32: readonly bigint[] = [1n << 20n, 1n << 31n, (1n << 32n) - 1n];
const BEYOND_64: readonly bigint[] = [1n << 20n, (1n << 53n) + 1n, 1n << 63n, (1n << 64n) - 1n];
const NO_BYTE: readonly bigint[] = [0n, 200n, 255n];

/** Lengths and counts of the records of a frame, and what its changes name. */
function recordFields(view: DataView, start: number): Field[] {
  const fields: Field[] = [];
  // Behind the last record of an aligned frame there are zeros.
  const count = view.getUint32(start + FRAME_COUNT_AT, true);
  for (let at = start + FRAME_HEADER_BYTES, record = 0; record < count; record += 1) {
    const named = (name: string, offset: number, bytes: Field['bytes'], values?: readonly bigint[]) =>
      fields.push(field(`${name} of record ${record}`, offset - start, bytes, values));
    named('bytes', at, 4);
    named('intent bytes', at + 16, 4);
    named('changes', at + 20, 4);
    let change = at + RECORD_HEADER_BYTES + Math.ceil(view.getUint32(at + 16, true) / 8) * 8;
    for (let left = view.getUint32(at + 20, true); left > 0; left -= 1) {
      named('row of a change', change, 4, BEYOND_32);
      named('table of a change', change + 4, 1, NO_BYTE);
      named('kind of a change', change + 5, 1, [3n, 255n]);
      named('first word of a change', change + 6, 1, [255n]);
      named('words of a change', change + 7, 1, NO_BYTE);
      if (view.getUint8(change + 5) === 2) named('page of a change', change + 8, 8, BEYOND_64);
      change += 8 + view.getUint8(change + 7) * 8;
    }
    at += view.getUint32(at, true);
  }
  return fields;
}

function structuresOf(path: string, bytes: Uint8Array): Structure[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const single = (what: string, at: number, end: number, fields: readonly Field[]): Structure => ({ what, at, end, fields, chained: [] });
  if (path.endsWith('.epoch')) return [single('epoch', 0, 128, EPOCH)];
  if (path.endsWith('.slot')) return [single('slot', 0, 4096, SLOT)];
  if (path.endsWith('.map'))
    return [
      single('mapped file', 0, 4096, MAPPED),
      single('mapped slot 0', 8192, 8192 + 72, MAPPED_SLOT),
      single('mapped slot 1', 12_288, 12_288 + 72, MAPPED_SLOT),
    ].filter(({ end }) => end <= bytes.length);
  if (path.endsWith('.snapshot')) {
    // Its checksum reaches to the end of its directory: {chunks, pages}.
    const chunks = view.getUint32(32, true);
    const pages = view.getUint32(44, true);
    const end = 128 + chunks * 32 + pages * 16;
    return end <= bytes.length ? [single('snapshot', 0, end, snapshot(chunks))] : [];
  }
  if (!path.endsWith('.wal')) return [];
  const frames: { readonly at: number; readonly end: number }[] = [];
  for (let at = 4096; at + FRAME_HEADER_BYTES <= bytes.length && view.getUint32(at + 8, true) === FRAME_MAGIC; ) {
    const end = at + FRAME_HEADER_BYTES + view.getUint32(at + 60, true);
    frames.push({ at, end });
    at = end;
  }
  return [
    single('segment', 0, 4096, SEGMENT),
    ...frames.flatMap(({ at, end }, index) => {
      const what = `frame of LSN ${view.getBigUint64(at + 48, true)}`;
      return [single(what, at, end, FRAME), { what, at, end, fields: recordFields(view, at), chained: frames.slice(index + 1) }];
    }),
  ];
}

/** Small, large, one off, and those at which a signed or a double number ends. */
function valuesOf(value: bigint, bytes: Field['bytes']): bigint[] {
  const bits = BigInt(bytes * 8);
  const most = (1n << bits) - 1n;
  const all = [
    0n,
    1n,
    2n,
    value - 1n,
    value + 1n,
    value * 2n,
    1n << 20n,
    (1n << 31n) - 1n,
    1n << 31n,
    (1n << 53n) - 1n,
    (1n << 53n) + 1n,
    most >> 1n,
    most,
  ];
  return [...new Set(all.map((one) => BigInt.asUintN(Number(bits), one)))].filter((one) => one !== value);
}

const encoded = (value: bigint, bytes: Field['bytes']): Uint8Array => {
  const whole = new Uint8Array(8);
  new DataView(whole.buffer).setBigUint64(0, value, true);
  return whole.slice(0, bytes);
};

/** The checksum of what lies at [at, end) of `bytes`, and of every frame that is chained behind it. */
function mend(bytes: Uint8Array, { at, chained }: Structure, forged: Uint8Array): { at: number; bytes: Uint8Array }[] {
  let checksum = encoded(xxh64(forged.subarray(8)), 8);
  const mended = [{ at, bytes: checksum }];
  for (const frame of chained) {
    const copy = bytes.slice(frame.at, frame.end);
    copy.set(checksum, FRAME_PREVIOUS_AT);
    mended.push({ at: frame.at + FRAME_PREVIOUS_AT, bytes: checksum });
    checksum = encoded(xxh64(copy.subarray(8)), 8);
    mended.push({ at: frame.at, bytes: checksum });
  }
  return mended;
}

export function forgeries({ tree }: Subject): Enumeration[] {
  return tree.files().flatMap((path) => {
    const bytes = tree.bytes(path);
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const forged = structuresOf(path, bytes)
      // Only where it is as the format says: a slot that was never written has nothing to forge.
      .filter(({ at, end }) => xxh64(bytes.subarray(at + 8, end)) === view.getBigUint64(at, true))
      .flatMap((structure) =>
        structure.fields.flatMap(({ name, at: within, bytes: size, values }) => {
          const value = Buffer.from(bytes.slice(structure.at + within, structure.at + within + size)).reverse();
          const present = BigInt(`0x${value.toString('hex')}`);
          const others = values?.filter((one) => one !== present) ?? valuesOf(present, size);
          return others.map((other) => ({ structure, name, within, put: encoded(other, size) }));
        }),
      );
    const at = (n: number): Damage => {
      const { structure, name, within, put } = forged[n]!;
      const copy = bytes.slice(structure.at, structure.end);
      copy.set(put, within);
      return {
        kind: 'forged field',
        path,
        offset: structure.at + within,
        bytes: put,
        mended: mend(bytes, structure, copy),
        field: `${name} of the ${structure.what}`,
      };
    };
    return forged.length > 0 ? [{ kind: 'forged field' as const, path, count: forged.length, at }] : [];
  });
}
