/** Records that a right checksum covers and that are none, and pages that have a record already. */

import { describe, expect, test } from 'vitest';
import { PAGE_BYTES } from '../../shared/model/schema.ts';
import { TABLES } from '../../shared/model/tables.ts';
import { Image } from '../image/image.ts';
import { CHANGE_PAGE, RECORD_HEADER_BYTES, readRecordHeader, recordBytesAt, redo } from './record.ts';

interface Change {
  readonly row: number;
  readonly first: number;
  readonly word: bigint;
}

/** A record without an intent that writes one word for each change. */
function record(changes: readonly Change[]) {
  const buffer = new ArrayBuffer(RECORD_HEADER_BYTES + changes.length * 16);
  const view = new DataView(buffer);
  view.setUint32(0, buffer.byteLength, true);
  view.setUint32(20, changes.length, true);
  changes.forEach(({ row, first, word }, index) => {
    const at = RECORD_HEADER_BYTES + index * 16;
    view.setUint32(at, row, true);
    for (const [offset, byte] of [TABLES.orders.id, 0, first, 1].entries()) view.setUint8(at + 4 + offset, byte);
    view.setBigInt64(at + 8, word, true);
  });
  return { view, quads: new Uint32Array(buffer), words: new BigInt64Array(buffer), bytes: buffer.byteLength };
}

describe('a record is refused', () => {
  const readings: readonly [string, (spoil: (view: DataView) => void, end: number) => unknown][] = [
    [
      'its size',
      (spoil, end) => {
        const { view, quads } = record([{ row: 0, first: 0, word: 1n }]);
        spoil(view);
        return recordBytesAt(quads, 0, end);
      },
    ],
    [
      'its header',
      (spoil, end) => {
        const { view } = record([{ row: 0, first: 0, word: 1n }]);
        spoil(view);
        return readRecordHeader(view, 0, end);
      },
    ],
  ];
  describe.each(readings)('where one asks for %s', (_, read) => {
    test.each<[string, (view: DataView) => void, number, string]>([
      ['that begins where its frame ends', () => {}, RECORD_HEADER_BYTES - 8, 'ends early'],
      ['that is longer than its frame', () => {}, RECORD_HEADER_BYTES + 8, 'does not fit'],
      ['that is shorter than a header', (view) => view.setUint32(0, 16, true), 40, 'does not fit'],
      ['that does not end at a word', (view) => view.setUint32(0, 36, true), 40, 'does not fit'],
      ['whose intent is longer than itself', (view) => view.setUint32(16, 24, true), 40, 'does not fit'],
    ])('%s', (_what, spoil, end, words) => {
      expect(() => read(spoil, end)).toThrow(expect.objectContaining({ code: 'FORMAT_INVALID', message: expect.stringContaining(words) }));
    });
  });
});

describe('replay', () => {
  const image = (pageLsn: number): Image => {
    const made = new Image({ orders: 64 });
    made.addPage(TABLES.orders, 0, 0);
    made.setPageLsn(0, pageLsn);
    return made;
  };
  const apply = (to: Image, lsn: number, changes: readonly Change[]): void => {
    const { quads, words } = record(changes);
    redo(to, lsn, quads, words, 0);
  };

  test('leaves a page that has the record already as it is', () => {
    const made = image(9);
    const before = made.bytes.slice(0, PAGE_BYTES);
    apply(made, 8, [{ row: 0, first: 1, word: 77n }]);
    expect(Buffer.compare(made.bytes.subarray(0, PAGE_BYTES), before)).toBe(0);
    expect(made.pageLsn(0)).toBe(9);
  });

  test('gives a page every change of a record, or none', () => {
    const made = image(7);
    const changes = [1n, 2n, 3n].map((word, index) => ({ row: 0, first: index + 1, word }));
    apply(made, 8, changes);
    const at = made.rowOffset(TABLES.orders, 0) >> 3;
    expect([...made.words.subarray(at + 1, at + 4)]).toEqual([1n, 2n, 3n]);
    expect(made.pageLsn(0)).toBe(8);
  });

  test.each<[string, number, bigint, number]>([
    ['has no room for', 1, BigInt(image(0).pagesMax), 1],
    ['does not number', 1, -1n, 1],
    ['has no number of', 1, 1n, 0],
    ['has no rows for', 1_000_000, 1n, 1],
  ])('stops at a page that the image %s', (_, index, number, words) => {
    const { view, quads, words: longs } = record([{ row: index, first: 0, word: number }]);
    view.setUint8(RECORD_HEADER_BYTES + 5, CHANGE_PAGE);
    view.setUint8(RECORD_HEADER_BYTES + 7, words);
    const made = image(7);
    const before = made.bytes.slice();
    expect(() => redo(made, 8, quads, longs, 0)).toThrow(
      expect.objectContaining({ code: 'FORMAT_INVALID', message: expect.stringContaining('of orders is outside the image') }),
    );
    expect([made.pageCount, Buffer.compare(made.bytes, before)]).toEqual([1, 0]);
  });

  test('stops at a record that goes on behind its last change', () => {
    const { view, quads, words } = record([1n, 2n].map((word, index) => ({ row: 0, first: index + 1, word })));
    view.setUint32(20, 1, true);
    expect(() => redo(image(7), 8, quads, words, 0)).toThrow(
      expect.objectContaining({ code: 'FORMAT_INVALID', message: 'LSN 8: the record does not end with its last change' }),
    );
  });

  test('stops at a row of a page that is not there, and at a change that does not fit its table', () => {
    const outside = TABLES.orders.rowsPerPage;
    expect(() => apply(image(7), 8, [{ row: outside, first: 0, word: 1n }])).toThrow(expect.objectContaining({ code: 'FORMAT_INVALID' }));
    expect(() => apply(image(7), 8, [{ row: 0, first: TABLES.orders.rowBytes / 8, word: 1n }])).toThrow(
      expect.objectContaining({ code: 'FORMAT_INVALID' }),
    );
  });
});
