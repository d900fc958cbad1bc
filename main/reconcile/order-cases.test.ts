import { describe, expect, test } from 'vitest';
import { BREAK_KINDS } from '../../shared/contract/reconcile.ts';
import { casesOf, HERE, ORDER_CASES, type OrderFacts, orderCase, THERE } from './order-cases.ts';

const COMBINATIONS: OrderFacts[] = HERE.flatMap((here) =>
  THERE.flatMap((there) => [true, false].flatMap((completed) => [true, false].map((beside) => ({ here, there, completed, beside })))),
);

describe('the table of order cases', () => {
  test('every combination of facts has exactly one row', () => {
    expect(COMBINATIONS).toHaveLength(HERE.length * THERE.length * 4);
    for (const facts of COMBINATIONS)
      expect({ ...facts, rows: casesOf(facts).map(({ name }) => name) }).toEqual({ ...facts, rows: [expect.any(String)] });
  });

  test('every row is met by some combination, has a name of its own, and a kind of the contract', () => {
    expect(new Set(ORDER_CASES.map(({ name }) => name)).size).toBe(ORDER_CASES.length);
    for (const row of ORDER_CASES) {
      expect(COMBINATIONS.some((facts) => orderCase(facts) === row)).toBe(true);
      if (row.kind !== null) expect(BREAK_KINDS).toContain(row.kind);
      expect(row.because.length).toBeGreaterThan(10);
    }
  });

  test('what was submitted and not heard of is UNKNOWN wherever it was not found, and never anything less', () => {
    for (const facts of COMBINATIONS.filter(
      ({ here, there, completed }) => here === 'submitted' && (there === 'absent' || there === 'unproved') && !completed,
    )) {
      expect(orderCase(facts).kind).toBe('pendingUnknown');
    }
  });

  test('an order that was not found and is not proved absent is never called vanished', () => {
    for (const facts of COMBINATIONS.filter(({ there }) => there === 'unproved')) expect(orderCase(facts).kind).not.toBe('vanishedOrder');
  });

  test('an order that is live there is never passed over, but where it is live here too', () => {
    for (const facts of COMBINATIONS.filter(({ there, here }) => there === 'live' && here !== 'working'))
      expect(orderCase(facts).kind).not.toBeNull();
  });
});
