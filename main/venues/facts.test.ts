import { describe, expect, it } from 'vitest';
import type { RecoveryReport } from '../../shared/contract/recovery.ts';
import { crashedAtOf, type FactsInput, tenFacts } from './facts.ts';

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
