/** Operations on an image: sums, redo, rollback, codec. */

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { RearmError } from '../../shared/errors.ts';
import { intentFromJson, intentToJson } from '../../shared/model/json.ts';
import { type FieldType, type Intent, OPERATIONS, type OperationType } from '../../shared/model/operations.ts';
import { TABLES } from '../../shared/model/tables.ts';
import { formatTime } from '../../shared/units.ts';
import { Generator } from '../../simulation/model/generator.ts';
import { randomOf } from '../../simulation/model/random.ts';
import { ReferenceModel, Refused } from '../../simulation/model/reference.ts';
import { assertSame } from '../../tests/support/desk.ts';
import { LONG } from '../../tests/support/profile.ts';
import { CanonicalReader, canonicalState } from '../image/canonical.ts';
import { Image } from '../image/image.ts';
import { apply } from './apply.ts';
import { BLOB_BYTES_MAX, decodeIntent, encodeIntent, formatOf, intentBytesMax } from './codec.ts';
import { LiveState } from './live-state.ts';
import { readRecordHeader, redo } from './record.ts';
import { type RecordTarget, Transaction } from './transaction.ts';

const ROWS = {
  dictionary: 2_048,
  chunks: 8_192,
  orders: 8_192,
  fills: 8_192,
  positions: 512,
  books: 2_048,
  trades: 2_048,
  resolutions: 1_024,
  balances: 256,
  margins: 256,
};

function targetOf(bytes: number): RecordTarget & { words: BigInt64Array } {
  const buffer = new ArrayBuffer(Math.ceil(bytes / 8) * 8);
  return { bytes: new Uint8Array(buffer), view: new DataView(buffer), quads: new Uint32Array(buffer), words: new BigInt64Array(buffer) };
}

interface Taken {
  readonly lsn: number;
  readonly target: RecordTarget & { words: BigInt64Array };
}

/** An image that operations are applied to, without a log. */
class Bench {
  readonly image = new Image(ROWS);
  readonly state = new LiveState(this.image);
  readonly transaction = new Transaction(this.state);
  readonly model = new ReferenceModel({ fillsMax: ROWS.fills });
  readonly records: Taken[] = [];

  constructor() {
    this.take({ type: 'epoch.open', epoch: 1, parent: 0, reason: 'created', time: 1n }, 1n);
  }

  /** Applies and keeps the record. @throws RearmError; rolled back */
  take(intent: Intent, timeNs: bigint): void {
    const { transaction, image } = this;
    transaction.begin(image.lsn + 1, timeNs);
    try {
      apply(transaction, intent);
      const target = targetOf(transaction.recordBytesMax(intentBytesMax(intent, formatOf(intent.type))));
      const end = transaction.record(intent, formatOf(intent.type), true, target, 0);
      expect(end).toBeLessThanOrEqual(target.bytes.length);
      this.records.push({ lsn: image.lsn, target });
    } catch (error) {
      transaction.rollback();
      throw error;
    }
    const json = intentToJson(intent);
    this.model.apply({ lsn: image.lsn, type: json.type, time: formatTime(timeNs), intent: json });
  }

  /** Steps of a workload; what is refused is left out. */
  work(seed: number, steps: number): void {
    const generator = new Generator(seed, { blobBytes: 4_000 });
    for (let step = 0; step < steps; step += 1) {
      try {
        this.take(intentFromJson(generator.intent(step, this.model)), BigInt(1_767_600_000_000_000_000n + BigInt(step)));
      } catch (error) {
        if (!(error instanceof RearmError) && !(error instanceof TypeError)) throw error;
      }
    }
  }
}

const bytesOf = (image: Image): Uint8Array => image.bytes.slice(0, image.pageCount * 4096);
const same = (a: Uint8Array, b: Uint8Array): boolean => Buffer.compare(a, b) === 0;

describe('sums', () => {
  const FILLS = LONG ? 1_000_000 : 150_000;
  it(`of ${FILLS.toLocaleString('en-US')} random fills are the decimal sums to the last unit`, { timeout: 120_000 }, () => {
    const image = new Image({ ...ROWS, fills: 8_192 });
    const transaction = new Transaction(new LiveState(image));
    let lsn = 0;
    const target = targetOf(4_096);
    const run = (intent: Intent) => {
      lsn += 1;
      transaction.begin(lsn, 1n);
      apply(transaction, intent);
      transaction.record(intent, formatOf(intent.type), true, target, 0);
    };
    run({ type: 'epoch.open', epoch: 1, parent: 0, reason: '', time: 1n });
    run({ type: 'asset.define', asset: 'USD', scale: 2, rate: '', time: 1n });
    run({
      type: 'instrument.define',
      venue: 'A',
      symbol: 'B',
      base: '',
      settle: 'USD',
      kind: 'spot',
      priceScale: 2,
      quantityScale: 8,
      multiplier: '1',
      tick: '',
      lot: '',
      tolerance: '',
    });
    const random = randomOf(1, 2, 3);
    // Decimal sums by themselves, in the smallest units: quantity x 10^8, cash x 10^10.
    let quantity = 0n;
    let cash = 0n;
    for (let i = 0; i < FILLS; i += 1) {
      const units = 1 + random.below(2 ** 31);
      const price = 1 + random.below(10_000_000);
      const buys = random.chance(0.5);
      run({
        type: 'fill.external',
        account: 'sum',
        venue: 'A',
        symbol: 'B',
        side: buys ? 'buy' : 'sell',
        clientId: '',
        tradeId: `t${i}`,
        quantity: `${Math.floor(units / 1e8)}.${(units % 1e8).toString().padStart(8, '0')}`,
        price: `${Math.floor(price / 100)}.${(price % 100).toString().padStart(2, '0')}`,
        fee: '',
        feeAsset: '',
        liquidity: 'maker',
        provenance: 'engine',
        time: BigInt(i + 1),
      });
      quantity += BigInt(buys ? units : -units);
      cash += BigInt(buys ? -units : units) * BigInt(price);
      if (i % 4_096 === 4_095) run({ type: 'prune', table: 'fills', before: BigInt(i + 2), count: 4_096 });
    }
    const unitsOf = (text: unknown, places: number) => {
      const [whole, fraction = ''] = String(text).replace('-', '').split('.');
      return BigInt(`${String(text).startsWith('-') ? '-' : ''}${whole}${fraction.padEnd(places, '0')}`);
    };
    const [position] = new CanonicalReader(image).rows(TABLES.positions);
    expect(unitsOf(position!.quantity, 8)).toBe(quantity);
    // What was paid is what the position costs less what it realised, the rounding of the parts included.
    expect(unitsOf(position!.realised, 18) - unitsOf(position!.cost, 18)).toBe(cash * 10n ** 8n);
  });
});

describe('redo', () => {
  it('makes the image from its records alone, page by page the same, also where it is done twice', () => {
    const bench = new Bench();
    bench.work(31, 700);
    bench.image.takeChanged();
    const expected = bytesOf(bench.image);
    const other = new Image(ROWS);
    for (let round = 0; round < 2; round += 1) {
      for (const { lsn, target } of bench.records) {
        redo(other, lsn, target.quads, target.words, 0);
        other.lsn = Math.max(other.lsn, lsn);
      }
      other.takeChanged();
      expect(other.pageCount).toBe(bench.image.pageCount);
      expect(same(bytesOf(other), expected)).toBe(true);
      expect(other.root).toBe(bench.image.root);
    }
    assertSame(canonicalState(other), bench.model);
  });

  it('brings pages of different ages forward together', () => {
    const bench = new Bench();
    bench.work(32, 300);
    const old = bytesOf(bench.image);
    const from = bench.image.lsn;
    bench.work(33, 900);
    bench.image.takeChanged();
    const young = bytesOf(bench.image);
    const mixed = new Image(ROWS);
    const random = randomOf(5);
    let taken = 0;
    for (let page = 0; page < bench.image.pageCount; page += 1) {
      const useOld = random.chance(0.5);
      if (useOld) taken += 1;
      const source = useOld ? old : young;
      if (page * 4096 < source.length) mixed.bytes.set(source.subarray(page * 4096, (page + 1) * 4096), page * 4096);
    }
    expect(taken).toBeGreaterThan(2);
    mixed.mapPages(bench.image.pageCount);
    for (const { lsn, target } of bench.records) if (lsn > from) redo(mixed, lsn, target.quads, target.words, 0);
    mixed.lsn = bench.image.lsn;
    mixed.takeChanged();
    expect(same(bytesOf(mixed), young)).toBe(true);
  });

  it('refuses a change that does not fit its table', () => {
    const bench = new Bench();
    bench.work(31, 60);
    const { lsn, target } = bench.records.find(
      (record) => readRecordHeader(record.target.view, 0, record.target.bytes.length).changes > 1,
    )!;
    const { intentBytes } = readRecordHeader(target.view, 0, target.bytes.length);
    const at = 24 + Math.ceil(intentBytes / 8) * 8;
    for (const [offset, value] of [
      [4, 99],
      [5, 7],
      [7, 255],
    ] as const) {
      const bytes = target.bytes.slice();
      bytes[at + offset] = value;
      const image = new Image(ROWS);
      expect(() => redo(image, lsn, new Uint32Array(bytes.buffer), new BigInt64Array(bytes.buffer), 0)).toThrow(RearmError);
    }
  });
});

describe('rollback', () => {
  it('leaves the image as it was, byte by byte, and every lookup', () => {
    const bench = new Bench();
    bench.work(41, 400);
    const generator = new Generator(42, { invalid: 0.3, blobBytes: 3_000 });
    let rolledBack = 0;
    for (let step = 400; step < 1_000; step += 1) {
      const { image, state, transaction } = bench;
      const before = bytesOf(image);
      const used = Object.values(TABLES).map((table) => state.used(table));
      const count = image.pageCount;
      transaction.begin(image.lsn + 1, 1n);
      try {
        apply(transaction, intentFromJson(generator.intent(step, bench.model)));
      } catch (error) {
        if (!(error instanceof RearmError) && !(error instanceof TypeError) && !(error instanceof RangeError)) throw error;
      }
      transaction.rollback();
      rolledBack += 1;
      expect(image.pageCount).toBe(count);
      expect(same(bytesOf(image), before)).toBe(true);
      expect(Object.values(TABLES).map((table) => state.used(table))).toEqual(used);
      expect(image.words.subarray(count * 512, Math.min(count + 64, image.pagesMax) * 512).every((word) => word === 0n)).toBe(true);
    }
    expect(rolledBack).toBe(600);
    // The lookups still find what is there: the workload goes on and the model follows.
    bench.work(41, 900);
    assertSame(canonicalState(bench.image), bench.model);
  });
});

// -------------------------------------------------------------------------------------------------------------- codec

const decimalText = fc.oneof(
  fc.constant(''),
  fc
    .tuple(fc.bigInt({ min: -(1n << 127n), max: (1n << 127n) - 1n }), fc.integer({ min: 0, max: 38 }))
    .map(([units, scale]) => shortest(units, scale)),
  fc
    .tuple(fc.bigInt({ min: -(1n << 63n), max: (1n << 63n) - 1n }), fc.integer({ min: 0, max: 18 }))
    .map(([units, scale]) => shortest(units, scale)),
);

/** The form in which a decimal comes back from the log. */
function shortest(units: bigint, scale: number): string {
  const digits = (units < 0n ? -units : units).toString().padStart(scale + 1, '0');
  const fraction = digits.slice(digits.length - scale).replace(/0+$/, '');
  return `${units < 0n ? '-' : ''}${digits.slice(0, digits.length - scale)}${scale > 0 && fraction !== '' ? `.${fraction}` : ''}`;
}

const unicode = (bytesMax: number) =>
  fc.string({ unit: 'binary', maxLength: bytesMax / 2 }).filter((text) => Buffer.byteLength(text) <= bytesMax);

function valuesOf(type: FieldType): fc.Arbitrary<unknown> {
  switch (type.kind) {
    case 'text':
      return unicode(255);
    case 'decimal':
      return decimalText;
    case 'time':
      return fc.bigInt({ min: 0n, max: (1n << 63n) - 1n });
    case 'enum':
      return fc.constantFrom(...type.names);
    case 'flag':
      return fc.boolean();
    case 'u32':
      return fc.integer({ min: 0, max: 0xffff_ffff });
    case 'u64':
      return fc.bigInt({ min: 0n, max: (1n << 64n) - 1n });
    case 'json':
      return unicode(2_000);
    case 'bytes':
      return fc.uint8Array({ maxLength: 2_000 });
  }
}

const intents = fc
  .constantFrom(...(Object.keys(OPERATIONS) as OperationType[]))
  .chain((type) =>
    fc
      .record(
        Object.fromEntries(
          Object.entries(OPERATIONS[type].fields as Readonly<Record<string, FieldType>>).map(([name, field]) => [name, valuesOf(field)]),
        ),
      )
      .map((fields) => ({ type, ...fields }) as unknown as Intent),
  );

describe('the codec', () => {
  const roundTrip = (intent: Intent): Intent => {
    const bytes = new Uint8Array(intentBytesMax(intent, formatOf(intent.type)) + 64).fill(0xaa);
    const view = new DataView(bytes.buffer);
    const end = encodeIntent(intent, formatOf(intent.type), bytes, view, 16);
    expect(end - 16).toBeLessThanOrEqual(intentBytesMax(intent, formatOf(intent.type)));
    expect(bytes[end]).toBe(0xaa);
    return decodeIntent(OPERATIONS[intent.type].id, bytes, view, 16, end);
  };

  it('gives every intent back as it was', () => {
    fc.assert(
      fc.property(intents, (intent) => {
        expect(roundTrip(intent)).toEqual(intent);
      }),
      { numRuns: 2_000, seed: 11 },
    );
  });

  it('gives every intent back from its JSON form', () => {
    fc.assert(
      fc.property(intents, (intent) => {
        expect(intentFromJson(JSON.parse(JSON.stringify(intentToJson(intent))))).toEqual(intent);
      }),
      { numRuns: 1_000, seed: 12 },
    );
  });

  it('gives the texts back that begin with a byte order mark', () => {
    const intent: Intent = { type: 'configuration.set', scope: 'risk', name: '\ufeffname', value: '\ufeff{}', time: 1n };
    expect(roundTrip(intent)).toEqual(intent);
  });

  it('refuses a text that UTF-8 cannot hold', () => {
    expect(() => roundTrip({ type: 'risk.halt', reason: 'half \ud83d', time: 1n })).toThrow(RearmError);
  });

  it('refuses bytes that are not exactly one intent', () => {
    fc.assert(
      fc.property(intents, fc.nat(), (intent, at) => {
        const bytes = new Uint8Array(intentBytesMax(intent, formatOf(intent.type)) + 8);
        const view = new DataView(bytes.buffer);
        const end = encodeIntent(intent, formatOf(intent.type), bytes, view, 0);
        const cut = at % Math.max(1, end);
        expect(() => decodeIntent(OPERATIONS[intent.type].id, bytes, view, 0, cut)).toThrow(RearmError);
        expect(() => decodeIntent(OPERATIONS[intent.type].id, bytes, view, 0, end + 1)).toThrow(RearmError);
      }),
      { numRuns: 500, seed: 13 },
    );
  });

  it('refuses what is too long, or not of its kind', () => {
    const halt = (reason: unknown): Intent => ({ type: 'risk.halt', reason, time: 1n }) as Intent;
    expect(() => roundTrip(halt('x'.repeat(256)))).toThrow(/255/);
    expect(() => roundTrip(halt('é'.repeat(128)))).toThrow(/255/);
    expect(() => roundTrip(halt(5))).toThrow(RearmError);
    expect(() =>
      roundTrip({ type: 'configuration.set', scope: 'risk', name: '', value: 'x'.repeat(BLOB_BYTES_MAX + 1), time: 1n }),
    ).toThrow(/1 MiB/);
    for (const price of ['1e5', '.5', '5.', ' 1', 'NaN', '0x1', '170141183460469231731687303715884105728']) {
      expect(() => roundTrip({ type: 'mark', venue: '', symbol: '', price, time: 1n }), price).toThrow(RearmError);
    }
  });
});

it('every intent that the model takes is one that an image takes, and the other way round', () => {
  const bench = new Bench();
  const generator = new Generator(51, { invalid: 0.2, blobBytes: 1_000 });
  for (let step = 0; step < 1_500; step += 1) {
    const json = generator.intent(step, bench.model);
    const probe = bench.model.copy();
    let taken = true;
    try {
      probe.apply({ lsn: probe.lsn + 1, type: json.type, time: '2026-01-05T08:00:00Z', intent: json });
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      taken = false;
    }
    const take = () => bench.take(intentFromJson(json), 1_767_600_000_000_000_000n);
    if (taken) take();
    else expect(take, JSON.stringify(json)).toThrow();
  }
});
