/** The ten facts of the fixture. */

import type { TenFacts } from '../../../shared/contract/facts.ts';
import { ATLAS, BOREAL, iso, LAST_LSN, type World } from './world.ts';

export function factsOf(world: World, now: number, heard: 'asking' | 'silent' = 'silent'): TenFacts {
  const asked = iso(now - 2_400);
  const facts: TenFacts = {
    liveOrders: [
      { venue: ATLAS, status: 'complete', count: 37, notional: '412330.104729', at: asked },
      { venue: BOREAL, status: heard, count: null, notional: null, at: null },
    ],
    engine: {
      value: 'dead',
      source: 'lock of the store free, pid 41207 gone',
      at: iso(now - 3_100),
      detail: 'Process 41207 ended by SIGKILL; the lock is free; no order of ours was sent since.',
    },
    exposure: {
      value: {
        net: '182417.55',
        gross: '1204882.10',
        netWorstLow: '-641203.00',
        netWorstHigh: '905110.42',
        grossWorst: '1916201.77',
        basis: 'every working order filled against us; BOREAL at its last known position plus all its working orders',
      },
      source: 'L2 + log at LSN 48,120,331, marks ATLAS',
      at: asked,
      grossLimit: '2000000',
      netLimit: '750000',
    },
    profit: { value: '-3412.553871', source: 'recovered position at ATLAS marks', at: asked, lossPerPercent: '18240.02', markAgeMs: 2_400 },
    unacknowledged: {
      value: { count: 3, notional: '41902.81' },
      source: `log, LSN 48,120,302 to ${LAST_LSN.toLocaleString('en')}`,
      at: iso(world.crashMs),
    },
    venues: [
      {
        venue: ATLAS,
        status: 'answered',
        ageMs: 2_400,
        canCancel: true,
        cancelOnDisconnect: 'no',
        cancelOnDisconnectObserved: null,
        ms: 184,
        reason: '',
      },
      {
        venue: BOREAL,
        status: heard,
        ageMs: null,
        canCancel: true,
        cancelOnDisconnect: 'yes',
        cancelOnDisconnectObserved: null,
        ms: 30_000,
        reason: heard === 'asking' ? '' : 'no answer within 10 s, asked 3 times',
      },
    ],
    mismatches: {
      value: { count: 3, money: '84120.07', largest: 'BTC/USDT ATLAS main', largestMoney: '61004.12' },
      source: 'reconciliation with ATLAS',
      at: asked,
    },
    margin: {
      value: { headroom: '1120441.23', used: '412330.10', nextFundingAt: iso(now + 22_640_000), nextExpiryAt: null },
      source: 'ATLAS balances',
      at: asked,
    },
    recovered: {
      value: {
        sentence: 'Salvaged from L2 and 3 pages of L3 to LSN 48,120,331',
        trust: 'salvaged',
        lostAcknowledged: 0,
        ageMs: now - world.crashMs,
      },
      source: 'cascade, 11 steps',
      at: iso(world.startedMs - 2_160),
    },
    next: {
      crashedAt: iso(world.crashMs),
      notBefore: null,
      sinceMs: now - world.crashMs,
      action: 'Decide 9 blocking breaks',
      owner: 'desk supervisor',
    },
  };
  if (world.variant === 'approved') {
    return {
      ...facts,
      engine: {
        ...facts.engine,
        value: 'alive',
        detail: 'Process 41990 verified the token, burnt it and trades in its scope.',
        source: 'token burnt',
      },
      next: { ...facts.next, action: 'Watch the first fills', owner: 'desk supervisor' },
    };
  }
  if (world.variant === 'unanswered' || world.variant === 'empty') {
    const unknown = { value: null, at: null } as const;
    const empty = world.variant === 'empty';
    return {
      ...facts,
      liveOrders: facts.liveOrders.map((entry) =>
        empty
          ? { ...entry, status: 'empty', count: 0, notional: '0', at: asked }
          : { ...entry, status: 'silent', count: null, notional: null, at: null },
      ),
      engine: {
        ...facts.engine,
        value: empty ? 'dead' : 'unknown',
        detail: empty ? 'Nothing ever held the lock.' : 'The lock cannot be probed on this file system.',
      },
      exposure: { ...facts.exposure, ...unknown, source: 'no mark and no position', grossLimit: null, netLimit: null },
      profit: { ...facts.profit, ...unknown, source: 'no mark', lossPerPercent: null, markAgeMs: null },
      unacknowledged: empty ? { value: { count: 0, notional: '0' }, source: 'log is empty', at: iso(now) } : facts.unacknowledged,
      venues: facts.venues.map((venue) =>
        empty
          ? { ...venue, status: 'answered', ageMs: 2400, ms: 90, reason: '' }
          : { ...venue, status: 'failed', ageMs: null, reason: 'connection refused', canCancel: false, cancelOnDisconnect: 'unknown' },
      ),
      mismatches: { ...facts.mismatches, ...unknown, source: 'not reconciled: no venue answered' },
      margin: { ...facts.margin, ...unknown, source: 'no balances' },
      recovered: empty
        ? {
            value: { sentence: 'Nothing to recover: the store was never written', trust: 'none', lostAcknowledged: 0, ageMs: null },
            source: 'cascade',
            at: iso(now),
          }
        : facts.recovered,
      next: empty
        ? { crashedAt: null, notBefore: null, sinceMs: null, action: 'Start the engine', owner: 'operator' }
        : { ...facts.next, action: 'Reach a venue: call its emergency contact', owner: 'desk supervisor' },
    };
  }
  if (heard === 'asking') {
    return {
      ...facts,
      mismatches: { value: null, source: 'waits for the recovered state', at: null },
      recovered: { value: null, source: 'the cascade is running', at: null },
      next: { ...facts.next, action: 'Wait for the recovery, or cancel working orders now' },
    };
  }
  if (world.variant === 'refused') {
    return {
      ...facts,
      recovered: {
        ...facts.recovered,
        value: { sentence: 'Refused: the log is damaged at LSN 48,061,930', trust: 'none', lostAcknowledged: 1_204, ageMs: null },
      },
      mismatches: { ...facts.mismatches, value: null, at: null, source: 'no recovered state to compare' },
      next: { ...facts.next, action: 'Decide on the damage: restore segment 7, or override with a reason', owner: 'recovery engineer' },
    };
  }
  return facts;
}
