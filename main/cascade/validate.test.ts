/** Validation: nothing to say of a state that operations made, and a finding for each rule that is broken by hand. */

import { describe, expect, it } from 'vitest';
import { RearmError } from '../../shared/errors.ts';
import { intentFromJson, intentToJson } from '../../shared/model/json.ts';
import { ORDER_STATUSES, TABLES } from '../../shared/model/tables.ts';
import { formatTime } from '../../shared/units.ts';
import { Generator } from '../../simulation/model/generator.ts';
import { ReferenceModel } from '../../simulation/model/reference.ts';
import { getByte, getI64, getI128, setByte, setI64, setI128, setU32 } from '../image/cells.ts';
import { Image } from '../image/image.ts';
import { apply } from '../operations/apply.ts';
import { formatOf } from '../operations/codec.ts';
import { LiveState } from '../operations/live-state.ts';
import { RECORD_BYTES_MAX } from '../operations/record.ts';
import { Transaction } from '../operations/transaction.ts';
import { validate } from './validate.ts';

const START_NS = 1_767_600_000_000_000_000n;
const STEPS = 600;
const END_NS = START_NS + BigInt(STEPS);

/** What a workload leaves; amounts at the ends of their ranges too. */
function worked(seed: number): Image {
  const image = new Image({ dictionary: 2_048, chunks: 8_192, books: 2_048, trades: 2_048 });
  const transaction = new Transaction(new LiveState(image));
  const buffer = new ArrayBuffer(RECORD_BYTES_MAX);
  const target = { bytes: new Uint8Array(buffer), view: new DataView(buffer), quads: new Uint32Array(buffer) };
  const model = new ReferenceModel({ fillsMax: TABLES.fills.rowsMax });
  const generator = new Generator(seed, { extremes: true, blobBytes: 500, prunes: false });
  const take = (intent: Parameters<typeof apply>[1], timeNs: bigint): void => {
    transaction.begin(image.lsn + 1, timeNs);
    try {
      apply(transaction, intent);
      transaction.record(intent, formatOf(intent.type), true, target, 0);
    } catch (error) {
      transaction.rollback();
      throw error;
    }
    const json = intentToJson(intent);
    model.apply({ lsn: image.lsn, type: json.type, time: formatTime(timeNs), intent: json });
  };
  take({ type: 'epoch.open', epoch: 1, parent: 0, reason: 'created', time: START_NS }, START_NS);
  for (let step = 0; step < STEPS; step += 1) {
    const timeNs = START_NS + BigInt(step);
    try {
      take(intentFromJson(generator.intent(step, model, timeNs)), timeNs);
    } catch (error) {
      if (!(error instanceof RearmError) && !(error instanceof TypeError)) throw error;
    }
  }
  return image;
}

const codesOf = (image: Image, nowNs = END_NS): string[] => validate(image, nowNs).map(({ code }) => code);

/** The first row of a table for which `suits` holds: its place in the image. */
function placeOf(image: Image, name: keyof typeof TABLES, suits: (base: number) => boolean = () => true): number {
  const table = TABLES[name];
  for (const row of image.rows(table)) if (suits(image.rowOffset(table, row))) return image.rowOffset(table, row);
  throw new Error(`no such row of ${name}`);
}

const column = (name: keyof typeof TABLES, of: string) => TABLES[name].byName.get(of)!;

describe('validation', () => {
  it.each([1, 2, 3, 4])('has nothing critical to say of what operations made, seed %i', (seed) => {
    const image = worked(seed);
    expect([...image.rows(TABLES.positions)].length).toBeGreaterThan(5);
    expect(validate(image, END_NS).filter(({ severity }) => severity === 'critical')).toEqual([]);
  });

  const quantity = column('positions', 'quantity');
  const cost = column('positions', 'cost');
  const negative = (image: Image) => placeOf(image, 'positions', (base) => getI64(image, base, quantity) < 0n);
  const status = column('orders', 'status');
  const open = (image: Image) => placeOf(image, 'orders', (base) => ORDER_STATUSES[getByte(image, base, status)] === 'open');

  it.each<[string, string, (image: Image) => void]>([
    [
      'PROFITS_SUM',
      'a short position that is one unit shorter',
      (image) => {
        const base = negative(image);
        setI64(image, base, quantity, getI64(image, base, quantity) - 1n);
      },
    ],
    [
      'PROFITS_SUM',
      'a cost that is higher by 2^64',
      (image) => {
        const base = negative(image);
        setI128(image, base, cost, getI128(image, base, cost) + (1n << 64n));
      },
    ],
    [
      'PROFITS_SUM',
      'a realised P&L that is lower by one',
      (image) => {
        const base = negative(image);
        setI128(image, base, column('positions', 'realised'), getI128(image, base, column('positions', 'realised')) - 1n);
      },
    ],
    [
      'POSITION_COST',
      'a flat position with a cost in its upper half alone',
      (image) => {
        const base = negative(image);
        setI64(image, base, quantity, 0n);
        setI128(image, base, cost, 1n << 64n);
      },
    ],
    [
      'EXPOSURE',
      'a mark that moved by itself',
      (image) => {
        const mark = column('profits', 'mark');
        const base = placeOf(image, 'profits', (at) => getI64(image, at, column('profits', 'absolute')) > 0n);
        setI64(image, base, mark, getI64(image, base, mark) + 1n);
      },
    ],
    ['RISK_SUM', 'a gross exposure of nothing', (image) => setI128(image, placeOf(image, 'risk'), column('risk', 'grossExposure'), 0n)],
    ['ORDER_OVERFILLED', 'an order that is filled below zero', (image) => setI64(image, open(image), column('orders', 'filled'), -1n)],
    ['ORDER_STATUS', 'an open order with a fill', (image) => setI64(image, open(image), column('orders', 'filled'), 1n)],
    [
      'BALANCE_SUM',
      'a balance with more locked',
      (image) => {
        const base = placeOf(image, 'balances');
        setI64(image, base, column('balances', 'locked'), getI64(image, base, column('balances', 'locked')) + 1n);
      },
    ],
    ['ENCODING', 'a side that there is not', (image) => setByte(image, open(image), column('orders', 'side'), 200)],
    ['ENCODING', 'a flag of two', (image) => setByte(image, open(image), column('orders', 'reduceOnly'), 2)],
    ['ENCODING', 'a text that is longer than its room', (image) => setByte(image, open(image), column('orders', 'clientId'), 40)],
    ['ENCODING', 'a name beyond the dictionary', (image) => setU32(image, open(image), column('orders', 'account'), 0xffff_ffff)],
    ['ENCODING', 'an instrument beyond the last', (image) => setU32(image, open(image), column('orders', 'instrument'), 1_000_000)],
    ['ENCODING', 'a time before 1970', (image) => setI64(image, open(image), column('orders', 'updated'), -1n)],
  ])('finds %s: %s', (code, _what, spoil) => {
    const image = worked(1);
    expect(codesOf(image)).not.toContain(code);
    spoil(image);
    expect(codesOf(image)).toContain(code);
  });

  const risk = (image: Image) => placeOf(image, 'risk');
  const add = (image: Image, of: string, units: bigint) =>
    setI128(image, risk(image), column('risk', of), getI128(image, risk(image), column('risk', of)) + units);
  const setStatus = (image: Image, base: number, name: (typeof ORDER_STATUSES)[number]) =>
    setByte(image, base, status, ORDER_STATUSES.indexOf(name));
  const ordered = column('orders', 'quantity');

  it.each<[string, string, (image: Image) => void]>([
    [
      'is partiallyFilled with',
      'an order whose last fill left it open',
      (image) => {
        const base = open(image);
        setStatus(image, base, 'partiallyFilled');
        setI64(image, base, column('orders', 'filled'), getI64(image, base, ordered));
      },
    ],
    ['has no status', 'an order without a status', (image) => setStatus(image, open(image), 'none')],
    [
      'has positions and no profits row',
      'an instrument whose profits are gone',
      (image) => {
        image.bytes[placeOf(image, 'profits', (at) => getI64(image, at, column('profits', 'absolute')) > 0n)] = 0;
      },
    ],
    [
      'the state has no risk row',
      'a state without its risk',
      (image) => {
        image.bytes[risk(image)] = 0;
      },
    ],
    ['is below zero', 'a drawdown of less than nothing', (image) => setI128(image, risk(image), column('risk', 'maxDrawdown'), -1n)],
    ['is above its peak', 'a day that is better than its best moment', (image) => add(image, 'dailyRealised', 1n << 90n)],
    ['is larger than the largest of the day', 'a fall that was not noted', (image) => add(image, 'dailyRealised', -(1n << 90n))],
    [
      'the use of a limit is not the exposure',
      'a limit that counts what is not there',
      (image) => {
        const base = placeOf(image, 'limits');
        setI128(image, base, column('limits', 'used'), getI128(image, base, column('limits', 'used')) + 1n);
      },
    ],
    [
      'halted without a reason',
      'a halt of which nobody said why',
      (image) => {
        setByte(image, risk(image), column('risk', 'halted'), 1);
        setByte(image, risk(image), column('risk', 'haltReason'), 0);
      },
    ],
  ])('says "%s" of %s', (words, _what, spoil) => {
    const image = worked(1);
    const said = () => validate(image, END_NS).some(({ message }) => message.includes(words));
    expect(said()).toBe(false);
    spoil(image);
    expect(said()).toBe(true);
  });

  it('warns of each instrument with a position that settles in an asset without a rate: it counts nothing', () => {
    const image = worked(1);
    const warned = (rate: bigint) => {
      for (const row of image.rows(TABLES.assets)) setI64(image, image.rowOffset(TABLES.assets, row), column('assets', 'rate'), rate);
      return codesOf(image).filter((code) => code === 'RATE_MISSING').length;
    };
    const held = [...image.rows(TABLES.profits)].filter(
      (row) => getI64(image, image.rowOffset(TABLES.profits, row), column('profits', 'absolute')) !== 0n,
    );
    expect(held.length).toBeGreaterThan(0);
    expect([warned(1n), warned(0n)]).toEqual([0, held.length]);
  });

  it('tells how far the latest time is ahead of the clock, and nothing of the clock that it is at', () => {
    const image = worked(1);
    const latest = (1n << 61n) + 0xffff_ffffn;
    setI64(image, open(image), column('orders', 'submitted'), latest);
    expect(codesOf(image, latest)).not.toContain('CLOCK_AHEAD');
    const ahead = validate(image, latest - 5_000_000n).find(({ code }) => code === 'CLOCK_AHEAD');
    expect(ahead?.message).toBe(`the latest time in the state, ${formatTime(latest)}, is 5 ms ahead of this machine's clock`);
  });
});
