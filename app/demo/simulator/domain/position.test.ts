import fc from 'fast-check';
import { expect, test } from 'vitest';
import { formatShort } from './decimal.ts';
import { BINANCE_INSTRUMENTS, notional } from './instrument.ts';
import { AVERAGE_SCALE, applyFill, averagePrice, newPosition, unrealised } from './position.ts';

const ETH = BINANCE_INSTRUMENTS.find(({ base }) => base === 'ETH')!;

test('opening, adding, reducing and turning over', () => {
  const position = newPosition(ETH);
  expect(applyFill(position, 'buy', 300_000n, 1_000n, 1n)).toBe(0n);
  expect(applyFill(position, 'buy', 310_000n, 1_000n, 2n)).toBe(0n);
  expect(position).toMatchObject({ quantity: 2_000n, cost: 6_100_00000000n, openedNs: 1n });
  expect(formatShort(averagePrice(ETH, position.cost, position.quantity), AVERAGE_SCALE)).toBe('3050');
  expect(applyFill(position, 'sell', 320_000n, 500n, 3n)).toBe(75_00000000n);
  expect(applyFill(position, 'sell', 300_000n, 2_500n, 4n)).toBe(-75_00000000n);
  expect(position).toMatchObject({ quantity: -1_000n, cost: -3_000_00000000n, realised: 0n, openedNs: 4n });
  expect(unrealised(position, 290_000n)).toBe(100_00000000n);
});

test('no unit of money is lost, however the fills fall: realised + unrealised = proceeds at the mark', () => {
  const fill = fc.record({
    side: fc.constantFrom('buy' as const, 'sell' as const),
    price: fc.bigInt(1n, 1_000_000n),
    quantity: fc.bigInt(1n, 50_000n),
  });
  fc.assert(
    fc.property(fc.array(fill, { minLength: 1, maxLength: 60 }), fc.bigInt(1n, 1_000_000n), (fills, mark) => {
      const position = newPosition(ETH);
      let proceeds = 0n;
      let quantity = 0n;
      let realised = 0n;
      for (const { side, price, quantity: size } of fills) {
        realised += applyFill(position, side, price, size, 1n);
        const signed = side === 'buy' ? size : -size;
        quantity += signed;
        proceeds -= notional(ETH, price, signed);
      }
      expect(position.quantity).toBe(quantity);
      expect(position.realised).toBe(realised);
      expect(realised + unrealised(position, mark)).toBe(proceeds + notional(ETH, mark, quantity));
      if (quantity === 0n) expect(position.cost).toBe(0n);
    }),
  );
});
