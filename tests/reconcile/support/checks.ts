/** What every test of a kind does: reconcile against the oracle, decide, carry the decision out in the engine, reconcile again. */

import { expect } from 'vitest';
import { reconciliation } from '../../../main/reconcile/reconcile.ts';
import { type Resolutions, resolve } from '../../../main/reconcile/resolutions.ts';
import type { Break, BreakKind, Decision } from '../../../shared/contract/reconcile.ts';
import { named, type OracleOptions } from '../oracle.ts';
import type { Desk } from './desk.ts';

export type Reconciled = Awaited<ReturnType<Desk['reconcile']>>;

/** Reconciles, and compares with the oracle: equal sets. The same answers give the same ids again. */
export async function check(desk: Desk, options: Partial<OracleOptions> = {}): Promise<Reconciled> {
  const result = await desk.reconcile();
  expect(named(result.report.breaks)).toEqual(await desk.implied(result.evidence, options));
  const again = reconciliation(result.ours, result.evidence, result.options);
  expect(again.report).toEqual(result.report);
  expect(new Set(result.report.breaks.map(({ id }) => id)).size).toBe(result.report.breaks.length);
  for (const { id } of result.report.breaks) expect(id.length).toBeLessThanOrEqual(47);
  return result;
}

export const of = ({ report }: Reconciled, kind: BreakKind, venue?: string): readonly Break[] =>
  report.breaks.filter((entry) => entry.kind === kind && (venue === undefined || entry.venue === venue));

export const one = (result: Reconciled, kind: BreakKind, venue: string): Break => {
  const found = of(result, kind, venue);
  expect(found).toHaveLength(1);
  return found[0]!;
};

export type Choice = (entry: Break) => Decision | null;

export const plan = (desk: Desk, result: Reconciled, choose: Choice): Resolutions => {
  const decisions = result.report.breaks.flatMap((entry) => {
    const decision = choose(entry);
    return decision === null ? [] : [{ breakId: entry.id, decision, by: 'ada', comment: 'seen in the test' }];
  });
  return resolve(decisions, result.ours, result.evidence, result.options, desk.nowNs);
};

/** Carries decisions out in the engine, and checks that the breaks are gone, for the oracle too; and that twice adds nothing. */
export async function settle(
  desk: Desk,
  result: Reconciled,
  choose: Choice,
  options: Partial<OracleOptions> = {},
): Promise<{ resolutions: Resolutions; after: Reconciled }> {
  const resolutions = plan(desk, result, choose);
  for (const intent of resolutions.intents) await desk.commit(intent);
  const after = await check(desk, options);
  for (const id of resolutions.settled) expect(after.report.breaks.map((entry) => entry.id)).not.toContain(id);
  const twice = resolve(
    resolutions.settled.map((breakId) => ({ breakId, decision: 'acceptVenue', by: 'ada', comment: '' })),
    after.ours,
    after.evidence,
    after.options,
    desk.nowNs,
  );
  expect(twice).toEqual({ intents: [], cancels: [], settled: [], gone: resolutions.settled });
  return { resolutions, after };
}

export const acceptAll: Choice = ({ proposals }) => (proposals.includes('acceptVenue') ? 'acceptVenue' : null);
