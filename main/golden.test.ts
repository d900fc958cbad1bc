/**
 * The bytes of every format, as they were first written: a change of a format cannot happen unnoticed. Where one is meant, its version
 * goes up, a rung is added to the migration ladder, and the new bytes are put here beside the old.
 */

import fs from 'node:fs';
import os from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import type { Intent } from '../shared/model/operations.ts';
import { TABLES } from '../shared/model/tables.ts';
import { Image } from './image/image.ts';
import { apply } from './operations/apply.ts';
import { formatOf, intentBytesMax } from './operations/codec.ts';
import { LiveState } from './operations/live-state.ts';
import { Transaction } from './operations/transaction.ts';
import { NativeStorage } from './storage/native.ts';
import { createIdentity } from './store/identity.ts';
import { storeLayout } from './store/layout.ts';
import { writeEpoch } from './store/lineage.ts';
import { type CheckpointMark, encodeMark } from './tiers/checkpoint.ts';
import { MappedTier } from './tiers/mapped.ts';
import { encodeSlotHeader, SlotTier } from './tiers/slots.ts';
import { pageTable, writeSnapshot } from './tiers/snapshot.ts';
import { sealFrame } from './wal/frame.ts';
import { encodeSegmentHeader } from './wal/segment.ts';

const directory = fs.mkdtempSync(join(os.tmpdir(), 'rearm-golden-'));
afterAll(() => fs.rmSync(directory, { recursive: true, force: true }));

const storage = new NativeStorage();
const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');
const storeId = Uint8Array.from({ length: 16 }, (_, i) => 0xa0 + i);
const mark: CheckpointMark = {
  epoch: 3,
  lsn: 0x1_0000_0005,
  headHash: 0x1122334455667788n,
  hotRoot: 0x99aabbccddeeff00n,
  coldRoot: 5n,
  pageCount: 2,
  takenNs: 1_767_600_000_000_000_000n,
};
const ROWS = { venues: 4, risk: 1, dictionary: 64 };

/** Two operations on an empty image; the record of the second. */
function record(intent: Intent): { bytes: Uint8Array; image: Image } {
  const image = new Image(ROWS);
  const transaction = new Transaction(new LiveState(image));
  const buffer = new ArrayBuffer(4096);
  const target = { bytes: new Uint8Array(buffer), view: new DataView(buffer), quads: new Uint32Array(buffer) };
  let end = 0;
  for (const next of [{ type: 'epoch.open', epoch: 1, parent: 0, reason: 'created', time: 1n } as const, intent]) {
    transaction.begin(image.lsn + 1, 1_767_600_000_123_456_789n);
    apply(transaction, next);
    transaction.recordBytesMax(intentBytesMax(next, formatOf(next.type)));
    end = transaction.record(next, formatOf(next.type), next === intent, target, 0);
  }
  image.takeChanged();
  return { bytes: target.bytes.slice(0, end), image };
}

const venue: Intent = { type: 'venue.define', venue: 'ALPHA', dialect: '', cancelOnDisconnect: 'yes' };

const GOLDEN = {
  record:
    '680000000b01000015cd56c0d5c68718080000000400000005414c504841000100000000010200010100000000000000000000000402000102000000000000000000000001000002010000000000000005414c504841000000000000040000010101000001000000',
  page: '67db066d302d70e702000000000000000200000000000000040001000000000001010000010000000000000000000000',
  frame:
    '4bfd33fd99d359d35246524d01000000a0a1a2a3a4a5a6a7a8a9aaabacadaeaf030000000700000000100000000000000100000001000000010000002000000000000000010000000807060504030201000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f',
  segment:
    'dbd13ea3ccc64fa95253454701000000a0a1a2a3a4a5a6a7a8a9aaabacadaeaf0300000007000000010000000100000008070605040302010000fbb8d5c687180000010000000000',
  mark: '03000000020000000500000001000000887766554433221100ffeeddccbbaa9905000000000000000000fbb8d5c687180000000000000000',
  slot: 'a6b16e6682a2d92b52534c5401000100a0a1a2a3a4a5a6a7a8a9aaabacadaeaf2c0100000000000003000000020000000500000001000000887766554433221100ffeeddccbbaa9905000000000000000000fbb8d5c687180000000000000000',
  mapped:
    '6720b0d40161f15f524d415001000000a0a1a2a3a4a5a6a7a8a9aaabacadaeaf030000003af7000030313233343536372d383961622d636465662d303132332d34353637383961626364656600000000',
  mappedSlot:
    'e4507d0ef7b6067b524d534c00000000030000000300000005000000010000008877665544332211be1cad91551b54e267db066d302d70e70000fbb8d5c687180000000000000000',
  snapshot:
    'a2a4f8e3c24544db52534e5001000000a0a1a2a3a4a5a6a7a8a9aaabacadaeaf010000000001000003000000020000000500000001000000887766554433221100ffeeddccbbaa9905000000000000000000fbb8d5c687180000000000000000c020000000000000000000000000000000000000000000000000000000000000c0000000000000000020000000000000002000000000000084bcc50d53f68154705060e7f152bde62c6cd97d5e5bd7db7f6273ce5548b5c42e5e690246463811',
  epoch:
    'cb72ba8df822fbd45245504f01000300a0a1a2a3a4a5a6a7a8a9aaabacadaeaf0300000002000000000000000100000008070605040302010000fbb8d5c6871830313233343536372d383961622d636465662d303132332d34353637383961626364656600000000000000000000000000000000000000000000000000000000',
  identity:
    '{"format":"rearm-store","version":1,"storeId":"a0a1a2a3a4a5a6a7a8a9aaabacadaeaf","name":"golden","createdAt":"2026-01-05T08:00:00.000000000Z","rowsMax":{"venues":4},"checksum":"11e698f8dc427fcf"}\n',
};

const LAYOUTS: readonly string[] = [
  '1 dictionary hot 72: value text 8+64',
  '2 chunks hot 256: next link 4+4, data text 8+248',
  '3 assets hot 24: scale u8 1+1, asset ref 4+4, rate i64 8+8, rateTime time 16+8',
  '4 venues cold 16: cancelOnDisconnect enum 1+1, venue ref 4+4, dialect ref 8+4',
  '5 instruments hot 56: kind enum 1+1, priceScale u8 2+1, quantityScale u8 3+1, venue ref 4+4, symbol ref 8+4, base ref 12+4, settle ref 16+4, multiplier i64 24+8, tick i64 32+8, lot i64 40+8, tolerance i64 48+8',
  '6 configurations cold 32: scope enum 1+1, name ref 4+4, version u32 8+4, value blob 16+8, modified time 24+8',
  '7 positions hot 64: account ref 4+4, instrument link 8+4, quantity i64 16+8, cost i128 24+16, realised i128 40+16, updated time 56+8',
  '8 orders hot 152: status enum 1+1, side enum 2+1, orderType enum 3+1, timeInForce enum 4+1, reduceOnly flag 5+1, provenance enum 6+1, account ref 8+4, instrument link 12+4, strategy ref 16+4, trader ref 20+4, filled i64 24+8, updated time 32+8, quantity i64 40+8, price i64 48+8, trigger i64 56+8, submitted time 64+8, clientId text 72+40, orderId text 112+40',
  '9 fills hot 136: side enum 1+1, liquidity enum 2+1, provenance enum 3+1, account ref 4+4, instrument link 8+4, feeAsset ref 12+4, quantity i64 16+8, price i64 24+8, fee i64 32+8, time time 40+8, received time 48+8, tradeId text 56+40, clientId text 96+40',
  '10 balances hot 48: venue ref 4+4, account ref 8+4, asset ref 12+4, free i64 16+8, locked i64 24+8, total i64 32+8, updated time 40+8',
  '11 margins hot 48: venue ref 4+4, account ref 8+4, asset ref 12+4, initial i64 16+8, maintenance i64 24+8, equity i64 32+8, updated time 40+8',
  '12 profits hot 120: instrument link 4+4, mark i64 8+8, markTime time 16+8, quantity i64 24+8, absolute i64 32+8, cost i128 40+16, realised i128 56+16, unrealised i128 72+16, net i128 88+16, gross i128 104+16',
  '13 risk hot 264: halted flag 1+1, tradingDay u32 4+4, haltTime time 8+8, updated time 16+8, grossExposure i128 24+16, netExposure i128 40+16, dailyRealised i128 56+16, unrealised i128 72+16, openUnrealised i128 88+16, dailyPeak i128 104+16, maxDrawdown i128 120+16, haltReason text 136+128',
  '14 limits hot 72: instrument link 4+4, maxQuantity i64 8+8, maxExposure i128 16+16, maxLoss i128 32+16, used i128 48+16, updated time 64+8',
  '15 strategies hot 128: active flag 1+1, strategy ref 4+4, parameters blob 8+8, state blob 16+8, stateChecksum hash 24+8, lastSignal time 32+8, updated time 40+8, realised i128 48+16, name text 64+64',
  '16 sessions hot 32: state enum 1+1, cancelOnDisconnect enum 2+1, venue ref 4+4, sequenceSent u64 8+8, sequenceReceived u64 16+8, lastEvent time 24+8',
  '17 resolutions hot 208: decision enum 1+1, person ref 4+4, time time 8+8, breakId text 16+64, comment text 80+128',
  '18 books cold 176: instrument link 4+4, time time 8+8, bidPrice1 i64 16+8, bidQuantity1 i64 24+8, askPrice1 i64 32+8, askQuantity1 i64 40+8, bidPrice2 i64 48+8, bidQuantity2 i64 56+8, askPrice2 i64 64+8, askQuantity2 i64 72+8, bidPrice3 i64 80+8, bidQuantity3 i64 88+8, askPrice3 i64 96+8, askQuantity3 i64 104+8, bidPrice4 i64 112+8, bidQuantity4 i64 120+8, askPrice4 i64 128+8, askQuantity4 i64 136+8, bidPrice5 i64 144+8, bidQuantity5 i64 152+8, askPrice5 i64 160+8, askQuantity5 i64 168+8',
  '19 trades cold 72: side enum 1+1, instrument link 4+4, time time 8+8, price i64 16+8, quantity i64 24+8, tradeId text 32+40',
  '20 markets cold 16: status enum 1+1, instrument link 4+4, updated time 8+8',
];

it('a record', () => {
  expect(hex(record(venue).bytes)).toBe(GOLDEN.record);
});

it('a page', () => {
  const { image } = record(venue);
  const page = image.pagesOf(TABLES.venues).pages[0]!;
  // Its header and first row; the rest of it is zero.
  expect(hex(image.pageBytes(page).subarray(0, 48))).toBe(GOLDEN.page);
  expect(
    image
      .pageBytes(page)
      .subarray(48)
      .every((byte) => byte === 0),
  ).toBe(true);
});

it('a frame', () => {
  const bytes = new Uint8Array(80 + 32);
  bytes.set(
    Uint8Array.from({ length: 32 }, (_, i) => i),
    80,
  );
  const header = {
    offset: 4096,
    firstLsn: 0x1_0000_0001,
    count: 1,
    payloadBytes: 32,
    durableLsn: 0x1_0000_0000,
    previousHash: 0x0102030405060708n,
  };
  sealFrame(bytes, new DataView(bytes.buffer), 0, { storeId, epoch: 3, segment: 7 }, header);
  expect(hex(bytes)).toBe(GOLDEN.frame);
});

it('a segment header', () => {
  const bytes = encodeSegmentHeader({
    storeId,
    epoch: 3,
    segment: 7,
    firstLsn: 0x1_0000_0001,
    previousHash: 0x0102030405060708n,
    createdNs: 1_767_600_000_000_000_000n,
    bytes: 65_536,
  });
  expect(hex(bytes.subarray(0, 72))).toBe(GOLDEN.segment);
  expect(bytes).toHaveLength(4096);
  expect(bytes.subarray(72).every((byte) => byte === 0)).toBe(true);
});

it('a mark', () => {
  const bytes = new Uint8Array(56);
  encodeMark(new DataView(bytes.buffer), 0, mark);
  expect(hex(bytes)).toBe(GOLDEN.mark);
});

it('the header of a slot of L2, and where its parts stand', () => {
  const bytes = encodeSlotHeader(storeId, 1, 300, mark, false);
  expect(hex(bytes.subarray(0, 96))).toBe(GOLDEN.slot);
  expect(bytes).toHaveLength(4096);
  expect(bytes.subarray(96).every((byte) => byte === 0)).toBe(true);
  const slots = new SlotTier(storage, directory, storeId, 3, 300);
  const { image } = record(venue);
  const pages = image.pageBytes(1).slice();
  slots.write({ mark, slot: 1, pages: Uint32Array.from([1]), bytes: pages });
  slots.close();
  const file = fs.readFileSync(join(directory, '00000003-b.slot'));
  expect(hex(file.subarray(0, 96))).toBe(GOLDEN.slot);
  expect(hex(file.subarray(4096 + 16, 4096 + 32))).toBe(hex(pages.subarray(8, 16)) + hex(pages.subarray(0, 8)));
  // 300 entries of 16 bytes are padded to 8192.
  expect(hex(file.subarray(4096 + 8192 + 4096, 4096 + 8192 + 8192))).toBe(hex(pages));
});

it('a mapped file of L1', () => {
  const { image } = record(venue);
  const path = join(directory, '00000003.map');
  const tier = new MappedTier(storage, directory, path, storeId, 3, '01234567-89ab-cdef-0123-456789abcdef', image, false);
  tier.acknowledge(0x1_0000_0002);
  tier.checkpoint({ ...mark, hotRoot: image.hotRoot, coldRoot: image.coldRoot, pageCount: image.pageCount });
  tier.close();
  const file = fs.readFileSync(path);
  expect(hex(file.subarray(0, 80))).toBe(GOLDEN.mapped);
  expect(hex(file.subarray(4096, 4112))).toBe('0200000001000000fdfffffffeffffff');
  expect(hex(file.subarray(8192, 8192 + 72))).toBe(GOLDEN.mappedSlot);
  const hot = image.pagesOf(TABLES.dictionary).pages[0]!;
  const cold = image.pagesOf(TABLES.venues).pages[0]!;
  expect(hex(file.subarray(16_384 + 8192 * hot, 16_384 + 8192 * hot + 4096))).toBe(hex(image.pageBytes(hot)));
  expect(file.subarray(16_384 + 8192 * cold, 16_384 + 8192 * cold + 4096).every((byte) => byte === 0)).toBe(true);
});

it('a snapshot of L3', () => {
  // Bytes that do not compress are stored as they are.
  const pages = new Uint8Array(8192);
  let state = 1;
  for (let i = 0; i < pages.length; i += 1) {
    state = Math.imul(state ^ (state >>> 15), 0x2c1b3c6d) + i;
    pages[i] = state >>> 24;
  }
  const { path } = writeSnapshot(storage, directory, storeId, mark, pageTable(pages), (first, target) =>
    target.set(pages.subarray(first * 4096, first * 4096 + target.length)),
  );
  expect(path.slice(directory.length + 1)).toBe('00000003-0000004294967301.snapshot');
  const file = fs.readFileSync(path);
  expect(hex(file.subarray(0, 128 + 32 + 32))).toBe(GOLDEN.snapshot);
  expect(hex(file.subarray(192))).toBe(hex(pages));
});

it('an epoch record', () => {
  const layout = storeLayout(directory);
  fs.mkdirSync(layout.lineage);
  writeEpoch(storage, layout, storeId, {
    epoch: 3,
    parent: 2,
    forkLsn: 0x1_0000_0000,
    forkHash: 0x0102030405060708n,
    reason: 'accepted',
    createdNs: 1_767_600_000_000_000_000n,
    bootId: '01234567-89ab-cdef-0123-456789abcdef',
  });
  expect(hex(fs.readFileSync(join(layout.lineage, '00000003.epoch')))).toBe(GOLDEN.epoch);
});

it('store.json', () => {
  createIdentity(storage, directory, {
    format: 'rearm-store',
    version: 1,
    storeId: hex(storeId),
    name: 'golden',
    createdAt: '2026-01-05T08:00:00.000000000Z',
    rowsMax: { venues: 4 },
  });
  expect(fs.readFileSync(join(directory, 'store.json'), 'utf8')).toBe(GOLDEN.identity);
});

it('the layout of every table', () => {
  const layouts = Object.values(TABLES).map(
    (table) =>
      `${table.id} ${table.name} ${table.hot ? 'hot' : 'cold'} ${table.rowBytes}: ${table.columns.map((column) => `${column.name} ${column.type.kind} ${column.offset}+${column.size}`).join(', ')}`,
  );
  expect(layouts).toEqual(LAYOUTS);
});
