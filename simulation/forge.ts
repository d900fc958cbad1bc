/**
 * Fields of checked structures with hostile values, and the checksum mended: what no flipped bit can make. Written from docs/FORMATS.md,
 * not from the engine's readers.
 */

import { xxh64 } from '@node-rs/xxhash';
import type { Damage, Enumeration, Subject } from './damage.ts';

interface Field {
  readonly name: string;
  readonly at: number;
  readonly bytes: 2 | 4 | 8;
}

/** A header whose first 8 bytes are the checksum of what follows, up to `end`. */
interface Structure {
  readonly what: string;
  readonly at: number;
  readonly end: number;
  readonly fields: readonly Field[];
}

const field = (name: string, at: number, bytes: Field['bytes']): Field => ({ name, at, bytes });
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
const SNAPSHOT: readonly Field[] = [version, field('chunks', 32, 4), ...mark(40)];

const FRAME_MAGIC = 0x4d524652;
const FRAME_HEADER_BYTES = 80;

function structuresOf(path: string, bytes: Uint8Array): Structure[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (path.endsWith('.epoch')) return [{ what: 'epoch', at: 0, end: 128, fields: EPOCH }];
  if (path.endsWith('.slot')) return [{ what: 'slot', at: 0, end: 4096, fields: SLOT }];
  if (path.endsWith('.map'))
    return [
      { what: 'mapped file', at: 0, end: 4096, fields: MAPPED },
      { what: 'mapped slot 0', at: 8192, end: 8192 + 72, fields: MAPPED_SLOT },
      { what: 'mapped slot 1', at: 12_288, end: 12_288 + 72, fields: MAPPED_SLOT },
    ].filter(({ end }) => end <= bytes.length);
  if (path.endsWith('.snapshot')) {
    // Its checksum reaches to the end of its directory: {chunks, pages}.
    const chunks = view.getUint32(32, true);
    const pages = view.getUint32(44, true);
    const end = 128 + chunks * 32 + pages * 16;
    return end <= bytes.length ? [{ what: 'snapshot', at: 0, end, fields: SNAPSHOT }] : [];
  }
  if (!path.endsWith('.wal')) return [];
  const frames: Structure[] = [];
  for (let at = 4096; at + FRAME_HEADER_BYTES <= bytes.length && view.getUint32(at + 8, true) === FRAME_MAGIC; ) {
    const end = at + FRAME_HEADER_BYTES + view.getUint32(at + 60, true);
    frames.push({ what: `frame of LSN ${view.getBigUint64(at + 48, true)}`, at, end, fields: FRAME });
    at = end;
  }
  return [{ what: 'segment', at: 0, end: 4096, fields: SEGMENT }, ...frames];
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

export function forgeries({ tree }: Subject): Enumeration[] {
  return tree.files().flatMap((path) => {
    const bytes = tree.bytes(path);
    const forged: Damage[] = [];
    for (const { what, at, end, fields } of structuresOf(path, bytes)) {
      const whole = bytes.slice(at, end);
      // Only where it is as the format says: a slot that was never written has nothing to forge.
      if (xxh64(whole.subarray(8)) !== new DataView(whole.buffer).getBigUint64(0, true)) continue;
      for (const { name, at: within, bytes: size } of fields) {
        const view = new DataView(whole.buffer);
        const value =
          size === 8 ? view.getBigUint64(within, true) : BigInt(size === 4 ? view.getUint32(within, true) : view.getUint16(within, true));
        for (const other of valuesOf(value, size)) {
          const copy = whole.slice();
          const put = encoded(other, size);
          copy.set(put, within);
          const checksum = encoded(xxh64(copy.subarray(8)), 8);
          forged.push({
            kind: 'forged field',
            path,
            offset: at + within,
            bytes: put,
            checksum: { at, bytes: checksum },
            field: `${name} of the ${what}`,
          });
        }
      }
    }
    return forged.length > 0 ? [{ kind: 'forged field' as const, path, count: forged.length, at: (n: number) => forged[n]! }] : [];
  });
}
