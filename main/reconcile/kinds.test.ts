import { expect, test } from 'vitest';
import { BREAK_KINDS, type Decision } from '../../shared/contract/reconcile.ts';
import { RESOLUTIONS } from '../../shared/model/tables.ts';
import { KIND_ROWS, kindRow, NEEDS_COMMENT, PLANS, SETTLED_BY_WORDS } from './kinds.ts';

test('every kind of the contract has exactly one row', () => {
  expect(KIND_ROWS.map(({ kind }) => kind).toSorted()).toEqual([...BREAK_KINDS].toSorted());
  for (const kind of BREAK_KINDS) expect(kindRow(kind).kind).toBe(kind);
});

test('every row says what it means, and offers decisions that the log can record, with a plan that exists', () => {
  for (const row of KIND_ROWS) {
    expect(row.means.length).toBeGreaterThan(10);
    const decisions = Object.entries(row.decisions);
    expect(decisions.length).toBeGreaterThan(1);
    for (const [decision, plan] of decisions) {
      expect(RESOLUTIONS).toContain(decision);
      expect(PLANS).toContain(plan);
    }
    for (const decision of row.needsProof ?? []) expect(row.decisions[decision]).toBeDefined();
    expect(row.decisions.note).toBe('record');
  }
});

test('every plan is used', () => {
  const used = new Set(KIND_ROWS.flatMap(({ decisions }) => Object.values(decisions)));
  expect([...PLANS].filter((name) => !used.has(name))).toEqual([]);
});

test('a blocking break can be ended, or says that only evidence ends it', () => {
  for (const { kind, blocking, decisions } of KIND_ROWS) {
    if (!blocking) continue;
    expect([kind, Object.keys(decisions).filter((decision) => decision !== 'note').length > 0]).toEqual([kind, true]);
  }
});

test('what is ended by words alone records words alone', () => {
  for (const { decisions } of KIND_ROWS) {
    for (const decision of SETTLED_BY_WORDS) if (decisions[decision]) expect(decisions[decision]).toBe('record');
  }
  const commented: readonly Decision[] = ['keepOurs', 'note'];
  expect(NEEDS_COMMENT).toEqual(commented);
});

test('nothing adjusts a position by itself: only acceptVenue does, and only on kinds of position', () => {
  for (const { kind, decisions } of KIND_ROWS) {
    for (const [decision, plan] of Object.entries(decisions)) {
      if (!plan.startsWith('adjust')) continue;
      expect(decision).toBe('acceptVenue');
      expect(['positionDiffers', 'sideFlipped', 'openHereFlatThere', 'openThereNoneHere']).toContain(kind);
    }
  }
});
