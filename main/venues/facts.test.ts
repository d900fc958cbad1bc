import { describe, expect, it } from 'vitest';
import type { ReconcileReport } from '../../shared/contract/reconcile.ts';
import type { RecoveryReport } from '../../shared/contract/recovery.ts';
import type { Answer, VenueReport } from '../../shared/contract/venues.ts';
import type { Ours } from '../reconcile/ours.ts';
import { unitsOrZero } from './decimal.ts';
import { crashedAtOf, type FactsInput, tenFacts } from './facts.ts';
import { worthInState } from './worth.ts';

const CRASH = '2026-03-02T09:31:04.112Z';
const NOW = '2026-03-02T09:40:00.000Z';

/** What the facts read of a recovery. */
const recovery = (change: Partial<RecoveryReport> = {}): RecoveryReport =>
  ({
    storeId: '7f3c1d9e',
    outcome: 'recovered',
    sentence: 'Recovered.',
    base: 'L1',
    lsn: 10,
    lostAcknowledged: 0,
    lastOperationAt: CRASH,
    startedAt: '2026-03-02T09:31:10.000Z',
    writerAlive: false,
    closedInOrder: false,
    ...change,
  }) as RecoveryReport;
const facts = (change: Partial<FactsInput> = {}) =>
  tenFacts({ venues: [], recovery: recovery(), ours: null, reconciliation: null, gate: null, nowMs: Date.parse(NOW), ...change });

describe('the engine', () => {
  it('is as its lock is now, not as the recovery saw it', () => {
    const started = facts({ lock: { held: true, at: NOW } });
    expect(started.engine).toMatchObject({ value: 'alive', at: NOW });
    expect(facts({ lock: { held: false, at: NOW } }).engine).toMatchObject({ value: 'dead', at: NOW });
    expect(facts({ recovery: recovery({ writerAlive: true }), lock: { held: false, at: NOW } }).engine.detail).toContain('any more');
  });

  it('is not called dead where no store could be identified', () => {
    const none = facts({ recovery: recovery({ storeId: '', outcome: 'refused', lostAcknowledged: null, lastOperationAt: null }) });
    expect(none.engine.value).toBe('unknown');
  });
});

describe('the moment of the crash', () => {
  it('is the last operation of an engine that died with a log that is read to its end', () => {
    expect(crashedAtOf(recovery())).toBe(CRASH);
    expect(crashedAtOf(recovery({ closedInOrder: true }))).toBeNull();
    expect(crashedAtOf(recovery({ writerAlive: true }))).toBeNull();
    expect(crashedAtOf(recovery({ outcome: 'refused', lostAcknowledged: 3 }))).toBeNull();
  });

  it('is at least not before the last operation that can be read, where the rest of the log is gone', () => {
    const cut = { outcome: 'refused', lostAcknowledged: 3 } as const;
    expect(facts({ recovery: recovery(cut) }).next).toMatchObject({ crashedAt: null, notBefore: CRASH, sinceMs: null });
    expect(facts({ recovery: recovery({ ...cut, writerAlive: true }) }).next.notBefore).toBeNull();
    expect(facts().next.notBefore).toBeNull();
  });

  it('stays that of the crash when an acceptance became the last operation', () => {
    const accepted = recovery({ lastOperationAt: '2026-03-02T09:39:00.000Z' });
    expect(facts({ recovery: accepted, crashedAt: CRASH }).next).toMatchObject({ crashedAt: CRASH, sinceMs: 535_888 });
  });
});

describe('exposure', () => {
  it('is UNKNOWN, never zero, without a venue and without a state', () => {
    const { exposure, profit } = facts();
    expect(exposure.value).toBeNull();
    expect(profit.lossPerPercent).toBeNull();
  });
});

const VENUE = 'ALPHA';
const SYMBOL = 'BTC/USD:USD';
const answer = <T>(items: readonly T[], status: Answer<T>['status'] = 'complete'): Answer<T> =>
  ({ status, items, askedAt: NOW, ms: 5 }) as unknown as Answer<T>;
/** A venue that holds `position` at `mark`, with `working` still to buy. */
const venue = (position: string, mark: string, working = '0', status: 'complete' | 'silent' = 'complete'): VenueReport => {
  const at = { venue: VENUE, account: 'M', symbol: SYMBOL };
  const whole = status === 'complete';
  return {
    name: VENUE,
    account: 'M',
    status: whole ? 'answered' : 'silent',
    openOrders: answer(whole ? [{ ...at, side: 'buy', remaining: working, reduceOnly: false }] : [], status),
    positions: answer(whole ? [{ ...at, quantity: position }] : [], status),
    balances: answer([], status),
    marks: answer([{ ...at, price: mark, ageMs: 1 }]),
    cancelOnDisconnect: 'no',
    emergency: {},
  } as unknown as VenueReport;
};
/** A state with one position, whose mark was 100 when the engine died. */
const state = (lsn: number, quantity: string, cost: string, realised: string): Ours =>
  ({
    lsn,
    instruments: new Map([[`${VENUE} ${SYMBOL}`, { settle: 'USD', multiplier: unitsOrZero('1'), tolerance: 0n, base: 'BTC' }]]),
    rates: new Map([['USD', unitsOrZero('1')]]),
    marks: new Map([[`${VENUE} ${SYMBOL}`, { price: unitsOrZero('100'), atMs: 1 }]]),
    positions: [
      {
        venue: VENUE,
        account: 'M',
        symbol: SYMBOL,
        quantity: unitsOrZero(quantity),
        cost: unitsOrZero(cost),
        realised: unitsOrZero(realised),
      },
    ],
    orders: [],
    venues: [VENUE],
    limits: { gross: null, loss: null },
    cancelOnDisconnect: new Map(),
  }) as unknown as Ours;
const compared = (lsn: number, breaks: readonly unknown[] = []): ReconcileReport => ({ lsn, breaks }) as unknown as ReconcileReport;

describe('what was made since the crash', () => {
  // 10 were held at 90; while the engine was dead 4 were sold at 104; the mark is 110 now.
  const venues = [venue('6', '110')];
  const before = state(10, '10', '900', '0');
  const missing = { kind: 'missingFill', venue: VENUE, symbol: SYMBOL, delta: '-4', theirs: { price: '104' } };
  // 10 x (110 - 100) - 4 x (110 - 104)
  const MADE = '76';

  it('counts the fills of the outage before they are accepted', () => {
    const { profit } = facts({ ours: before, venues, reconciliation: compared(10, [missing]) });
    expect(profit).toMatchObject({ value: MADE, source: `positions at marks of ${VENUE}, with 1 fill that the state does not have` });
  });

  it('is the same after they are accepted, and does not count them twice until the venues are compared again', () => {
    const accepted = state(14, '6', '540', '56');
    for (const reconciliation of [null, compared(10, [missing]), compared(14)]) {
      const { profit } = facts({ ours: accepted, venues, reconciliation, worthAtCrash: worthInState(before) });
      expect(profit).toMatchObject({ value: MADE, source: `positions at marks of ${VENUE}` });
    }
  });

  it('is UNKNOWN where the state of the crash cannot be read any more', () => {
    expect(facts({ ours: before, venues, worthAtCrash: { missing: 'the state' } }).profit.value).toBeNull();
  });
});

describe('a venue that fell silent', () => {
  it('counts as it answered last, which is newer than the recovered state', () => {
    const [spoke, silent] = [venue('6', '110', '2'), venue('6', '110', '2', 'silent')];
    const heard = new Map([[VENUE, { positions: spoke.positions, openOrders: spoke.openOrders }]]);
    const ours = state(10, '10', '900', '0');
    expect(facts({ ours, venues: [spoke] }).exposure.value).toMatchObject({ net: '660', netWorstHigh: '880' });
    const after = facts({ ours, venues: [silent], heard }).exposure.value;
    expect(after).toMatchObject({ net: '660', netWorstHigh: '880' });
    expect(after!.basis).toContain(`orders at ${VENUE} (silent) as it answered at 09:40:00 UTC`);
    // One that never spoke is taken at what we knew.
    expect(facts({ ours, venues: [silent] }).exposure.value).toMatchObject({ net: '1100', netWorstHigh: '1100' });
  });
});
