/**
 * Pages rearranged before they are compressed: what lies at the same place of consecutive pages, which are mostly of one table, comes to lie
 * side by side, byte by byte. Byte b of the 8-byte word w of page p of P goes to b x 512 P + w x P + p.
 *
 * Shuffling bytes of equal significance together: Alted, "Why modern CPUs are starving and what can be done about it", 2010 (Blosc).
 */

import { PAGE_BYTES } from '../../shared/model/schema.ts';

const PAGE_WORDS = PAGE_BYTES / 8;
const PAGE_QUADS = PAGE_BYTES / 4;

const quadsOf = (bytes: Uint8Array): Uint32Array => new Uint32Array(bytes.buffer, bytes.byteOffset, bytes.byteLength / 4);

/** @param pages whole pages, 4-byte aligned @param target as many bytes, 4-byte aligned */
export function toPlanes(pages: Uint8Array, target: Uint8Array): void {
  const count = pages.length / PAGE_BYTES;
  const plane = count * PAGE_WORDS;
  const from = quadsOf(pages);
  if (count % 4 === 0) {
    // Four pages at once, so that whole words are written.
    const to = quadsOf(target);
    const step = plane / 4;
    for (let word = 0; word < PAGE_WORDS; word += 1) {
      let at = (word * count) / 4;
      for (let quad = word * 2; quad < from.length; quad += 4 * PAGE_QUADS, at += 1) {
        for (let half = 0; half < 2; half += 1) {
          const a = from[quad + half]!;
          const b = from[quad + half + PAGE_QUADS]!;
          const c = from[quad + half + 2 * PAGE_QUADS]!;
          const d = from[quad + half + 3 * PAGE_QUADS]!;
          const there = at + half * 4 * step;
          to[there] = (a & 255) | ((b & 255) << 8) | ((c & 255) << 16) | (d << 24);
          to[there + step] = ((a >>> 8) & 255) | (b & 0xff00) | ((c & 0xff00) << 8) | ((d & 0xff00) << 16);
          to[there + 2 * step] = ((a >>> 16) & 255) | ((b >>> 8) & 0xff00) | (c & 0xff0000) | ((d & 0xff0000) << 8);
          to[there + 3 * step] = (a >>> 24) | ((b >>> 16) & 0xff00) | ((c >>> 8) & 0xff0000) | (d & 0xff000000);
        }
      }
    }
    return;
  }
  for (let page = 0; page < count; page += 1) {
    for (let word = 0; word < PAGE_WORDS; word += 1) {
      for (let byte = 0; byte < 8; byte += 1) target[byte * plane + word * count + page] = pages[page * PAGE_BYTES + word * 8 + byte]!;
    }
  }
}

/** What {@link toPlanes} rearranged, as it was. @param pages 4-byte aligned */
export function fromPlanes(planes: Uint8Array, pages: Uint8Array): void {
  const count = pages.length / PAGE_BYTES;
  const plane = count * PAGE_WORDS;
  const to = quadsOf(pages);
  if (count % 4 === 0 && planes.byteOffset % 4 === 0) {
    const from = quadsOf(planes);
    const step = plane / 4;
    for (let word = 0; word < PAGE_WORDS; word += 1) {
      let at = (word * count) / 4;
      for (let quad = word * 2; quad < to.length; quad += 4 * PAGE_QUADS, at += 1) {
        for (let half = 0; half < 2; half += 1) {
          const there = at + half * 4 * step;
          const a = from[there]!;
          const b = from[there + step]!;
          const c = from[there + 2 * step]!;
          const d = from[there + 3 * step]!;
          to[quad + half] = (a & 255) | ((b & 255) << 8) | ((c & 255) << 16) | (d << 24);
          to[quad + half + PAGE_QUADS] = ((a >>> 8) & 255) | (b & 0xff00) | ((c & 0xff00) << 8) | ((d & 0xff00) << 16);
          to[quad + half + 2 * PAGE_QUADS] = ((a >>> 16) & 255) | ((b >>> 8) & 0xff00) | (c & 0xff0000) | ((d & 0xff0000) << 8);
          to[quad + half + 3 * PAGE_QUADS] = (a >>> 24) | ((b >>> 16) & 0xff00) | ((c >>> 8) & 0xff0000) | (d & 0xff000000);
        }
      }
    }
    return;
  }
  for (let page = 0; page < count; page += 1) {
    for (let word = 0; word < PAGE_WORDS; word += 1) {
      for (let byte = 0; byte < 8; byte += 1) pages[page * PAGE_BYTES + word * 8 + byte] = planes[byte * plane + word * count + page]!;
    }
  }
}
