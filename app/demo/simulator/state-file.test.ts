/** What is saved is all there is: a world that was loaded is the one that was saved, and goes on as that one does. */

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { SavedList } from './domain/saved-list.ts';
import { Simulator, type SimulatorOptions, type WorldFacts } from './simulator.ts';
import { decodeState, type SavedWorld, StateEncoder, VERSION } from './state-file.ts';
import { activity, perform, type Stage } from './testing/activity.ts';
import { bench, orderRequest } from './testing/exchange.ts';
import { checkBooks } from './testing/invariants.ts';

const OPTIONS: SimulatorOptions = {
  seed: 5,
  tickMs: 1_000,
  stepped: true,
  epochMs: 1_700_000_000_000,
  fundingMinutes: 1,
  deposit: '50000',
};

const saved = (simulator: Simulator, encoder = new StateEncoder()): SavedWorld<WorldFacts> =>
  decodeState<WorldFacts>(Buffer.concat(encoder.encode(simulator.state(true))));

/** One venue of a simulator, as the domain's tests see it. */
function stageOf(simulator: Simulator, venue: number): Stage {
  const { exchange } = simulator.endpoints[venue]!;
  return { exchange, walk: exchange.books.walk, tick: (count = 1) => void simulator.step(count) };
}

test('save, load, save: nothing is another one, and the loaded world goes on like the saved one', () => {
  const steps = fc.array(fc.record({ venue: fc.constantFrom(0, 1), step: activity, save: fc.boolean() }), {
    minLength: 10,
    maxLength: 60,
    size: 'max',
  });
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 1_000 }), steps, steps, (seed, before, after) => {
      const first = new Simulator({ ...OPTIONS, seed });
      const encoder = new StateEncoder(3);
      for (const [index, { venue, step, save }] of before.entries()) {
        perform(stageOf(first, venue), step, `c-${index}`);
        if (save) encoder.encode(first.state(false));
      }
      const world = saved(first, encoder);
      expect(world).toEqual(saved(first));
      const second = new Simulator({ ...OPTIONS, seed }, world);
      expect(saved(second)).toEqual(saved(first));
      expect(second.book(0)).toEqual(first.book(0));
      for (const simulator of [first, second]) {
        for (const [index, { venue, step }] of after.entries()) perform(stageOf(simulator, venue), step, `d-${index}`);
        simulator.step(5);
      }
      expect(second.book(0)).toEqual(first.book(0));
      expect(saved(second)).toEqual(saved(first));
      for (const { exchange } of second.endpoints) checkBooks({ exchange });
    }),
    { numRuns: 40 },
  );
});

test('keys, token, faults, traps, clocks and the frozen market are saved as well', () => {
  const first = new Simulator(OPTIONS);
  const [binance, bybit] = first.endpoints;
  binance!.faults.set('slow', ['create'], { ms: 7, limit: null, error: null });
  bybit!.ambiguous.set(3, 'reset');
  bybit!.lose.set(2, 'hold');
  bybit!.exchange.books.clock.setOffsetMs(-1_234);
  first.setFrozen(true);
  const second = new Simulator(OPTIONS, saved(first));
  expect(second.token).toBe(first.token);
  expect(second.endpoints.map(({ keys }) => keys)).toEqual(first.endpoints.map(({ keys }) => keys));
  expect(second.endpoints[0]!.faults.active()).toEqual(binance!.faults.active());
  expect([second.endpoints[1]!.ambiguous.spring(), second.endpoints[1]!.lose.left]).toEqual(['reset', 2]);
  expect(second.endpoints[1]!.exchange.books.clock.offsetMs).toBe(-1_234);
  expect(second.step(1)).toBe(0);
});

test('a block is made again only when something in it changed', () => {
  const marks: (number | null)[] = Array.from({ length: 2_500 }, () => 0);
  let made = 0;
  const list: SavedList<number> = {
    length: marks.length,
    plain: (index) => {
      made += 1;
      return index;
    },
    mark: (index) => marks[index]!,
  };
  const encoder = new StateEncoder(1_000);
  const madeBy = (change: () => void): number => {
    made = 0;
    change();
    const { lists } = decodeState(Buffer.concat(encoder.encode({ facts: {}, lists: { list } })));
    expect(lists.list).toEqual(marks.map((_, index) => index));
    return made;
  };
  const nothing = (): void => {};
  expect(madeBy(nothing)).toBe(2_500);
  expect(madeBy(nothing)).toBe(500);
  expect(madeBy(() => (marks[10] = 1))).toBe(1_500);
  expect(madeBy(nothing)).toBe(500);
  expect(madeBy(() => (marks[1_999] = null))).toBe(1_500);
  expect(madeBy(nothing)).toBe(1_500);
});

describe('refused', () => {
  const bytes = Buffer.concat(new StateEncoder().encode(new Simulator(OPTIONS).state(true)));

  test('every byte that is another one, and every end that is missing', () => {
    fc.assert(
      fc.property(fc.nat(bytes.length - 1), fc.integer({ min: 1, max: 255 }), (index, change) => {
        const damaged = Buffer.from(bytes);
        damaged[index] = damaged[index]! ^ change;
        expect(() => decodeState(damaged)).toThrow(RangeError);
        expect(() => decodeState(bytes.subarray(0, index))).toThrow(RangeError);
        expect(() => decodeState(Buffer.concat([bytes, bytes.subarray(index)]))).toThrow(RangeError);
      }),
    );
  });

  test('another version, another world, and books that do not add up', () => {
    const other = Buffer.from(bytes.toString('latin1').replace(` ${VERSION} `, ` ${VERSION + 1} `), 'latin1');
    expect(() => decodeState(other)).toThrow(`it has version ${VERSION + 1}`);
    const world = (): SavedWorld<WorldFacts> => decodeState<WorldFacts>(bytes);
    expect(() => new Simulator({ ...OPTIONS, seed: 6 }, world())).toThrow('its world began with seed 5, not 6');
    expect(() => new Simulator({ ...OPTIONS, tickMs: 50 }, world())).toThrow('tick-ms 1000, not 50');
    const short = world();
    const wallets = short.facts.venues[0]!.exchange.books.account.wallets as Map<string, bigint>;
    wallets.set('USDT', wallets.get('USDT')! - 1n);
    expect(() => new Simulator(OPTIONS, short)).toThrow('BINANCE: the wallet of USDT is not the sum of its ledger');
  });
});

describe('after a time that it was down', () => {
  test('funding that came due is paid once, and the next time is on the grid', () => {
    const { exchange, clock } = bench(15, 0, 1);
    exchange.submit(orderRequest(exchange, 'ETHUSDT', { type: 'market', quantity: 1_000n }));
    const due = exchange.nextFundingMs;
    const paid = (): number => exchange.books.account.ledger.filter(({ kind }) => kind === 'funding').length;
    exchange.resume();
    expect([paid(), exchange.nextFundingMs]).toEqual([0, due]);
    for (let second = 0; second < 200; second += 1) clock.advance();
    exchange.resume();
    expect(paid()).toBe(1);
    expect(exchange.nextFundingMs).toBe(due + 180_000);
    checkBooks({ exchange });
  });

  test('ids that were skipped are not given, in any id space', () => {
    for (const venue of [0, 1] as const) {
      const [plain, skipped] = [bench(1, venue), bench(1, venue)];
      skipped.exchange.skipIds(1_000);
      const ids = ({ exchange }: typeof plain): unknown[] => {
        exchange.transfer('USDT', 1n);
        const { identities, account } = exchange.books;
        const names = [identities.orderId('ETHUSDT'), identities.tradeId('ETHUSDT'), identities.clientId(), identities.algoId()];
        return [...names.filter(Boolean), account.ledger.at(-1)!.sequence];
      };
      const given = Array.from({ length: 5 }, () => ids(plain)).flat();
      for (const id of ids(skipped)) expect(given).not.toContain(id);
    }
  });
});
