/**
 * The desk as a whole in the reporting currency, and what follows from every change of an instrument's profits: exposure,
 * the day's P&L, drawdown, limit use. The arithmetic is set down in shared/model/operations.ts.
 */

import { powerOfTen, RATE_SCALE, roundDivide } from '../../shared/amounts.ts';
import type { Fields } from '../../shared/model/operations.ts';
import type { Column } from '../../shared/model/schema.ts';
import { RESOLUTIONS, TABLES } from '../../shared/model/tables.ts';
import { getByte, getI64, getI128, getU32, setByte, setI64, setI128, setText, setU32 } from '../image/cells.ts';
import { addChange, copyCell, isSameCell, keepCell, Wide } from '../image/wide.ts';
import type { LiveState } from './live-state.ts';
import { findRow, instrumentTerms } from './lookup.ts';
import type { Transaction } from './transaction.ts';

const R = Object.fromEntries(TABLES.risk.columns.map((column) => [column.name, column])) as Record<
  | 'halted'
  | 'tradingDay'
  | 'haltTime'
  | 'updated'
  | 'grossExposure'
  | 'netExposure'
  | 'dailyRealised'
  | 'unrealised'
  | 'openUnrealised'
  | 'dailyPeak'
  | 'maxDrawdown'
  | 'haltReason',
  (typeof TABLES.risk.columns)[number]
>;
const P = TABLES.profits.byName;
const GROSS = P.get('gross')!;
const NET = P.get('net')!;
const UNREALISED = P.get('unrealised')!;
const PROFITS_INSTRUMENT = P.get('instrument')!;
const RATE = TABLES.assets.byName.get('rate')!;
const USED = TABLES.limits.byName.get('used')!;
const LIMIT_UPDATED = TABLES.limits.byName.get('updated')!;
const RATE_UNIT = powerOfTen(RATE_SCALE);

/** The one row of the desk. */
export const RISK_ROW = 0;
/** Of that row, what lies before the reason of a halt. */
const NUMBERS_WORDS = R.haltReason.offset >> 3;

/** Turns money of an asset into the reporting currency, at a rate of scale 9; half away from zero. */
export const report = (money: Wide, rate: bigint): Wide =>
  rate === RATE_UNIT ? money : money.set(roundDivide(money.value * rate, RATE_UNIT), 'money in the reporting currency');

/** Rate of an asset by its dictionary id; zero where it is not defined. */
export function rateOf(state: LiveState, asset: number): bigint {
  const row = state.rowOfId(TABLES.assets, asset);
  return row < 0 ? 0n : getI64(state.image, state.image.rowOffset(TABLES.assets, row), RATE);
}

/** What an instrument contributes to the desk, how much that changes, and where it goes; where it is kept meanwhile. */
const SHARES = [
  { of: GROSS, to: R.grossExposure, change: new Wide(), place: 0 },
  { of: NET, to: R.netExposure, change: new Wide(), place: 1 },
  { of: UNREALISED, to: R.unrealised, change: new Wide(), place: 2 },
] as const;
const share = new Wide();

/** Takes note of what an instrument's profits contribute before they change; {@link riskChanged} follows it, with the same rate. */
export function beforeChange({ image }: LiveState, profits: number, rate: bigint): void {
  // Most instruments settle in the reporting currency: what is added is what changed, without rounding.
  if (rate === RATE_UNIT) for (let i = 0; i < SHARES.length; i += 1) keepCell(image, profits, SHARES[i]!.of, SHARES[i]!.place);
  else for (const { of, change } of SHARES) report(change.load(image, profits, of), rate).negate();
}

/** Takes what changed of an instrument's profits into the desk's risk, and `dailyRealised` into the day. */
export function riskChanged(tx: Transaction, profits: number, rate: bigint, dailyRealised: Wide | null, time: bigint): void {
  const base = tx.edit(TABLES.risk, RISK_ROW, NUMBERS_WORDS);
  const { image } = tx;
  if (rate === RATE_UNIT) {
    for (let i = 0; i < SHARES.length; i += 1) addChange(image, profits, SHARES[i]!.of, SHARES[i]!.place, base, SHARES[i]!.to);
  } else {
    for (const { of, to, change } of SHARES) {
      change.add(report(share.load(image, profits, of), rate));
      share.load(image, base, to).add(change).store(image, base, to);
    }
  }
  if (dailyRealised) share.load(image, base, R.dailyRealised).add(dailyRealised).store(image, base, R.dailyRealised);
  dayChanged(tx, base, time);
}

const equity = new Wide();
const peak = new Wide();
const drawdown = new Wide();

function dayChanged(tx: Transaction, base: number, time: bigint): void {
  const { image } = tx;
  equity
    .load(image, base, R.dailyRealised)
    .add(share.load(image, base, R.unrealised))
    .subtract(drawdown.load(image, base, R.openUnrealised));
  peak.load(image, base, R.dailyPeak);
  if (equity.isAbove(peak)) peak.copy(equity).store(image, base, R.dailyPeak);
  peak.subtract(equity);
  if (peak.isAbove(drawdown.load(image, base, R.maxDrawdown))) peak.store(image, base, R.maxDrawdown);
  setI64(image, base, R.updated, time);
  limitChanged(tx, 0, base, R.grossExposure, time);
}

/** Limit use of an instrument (id), or of the desk (0): what a cell of the image says. */
export function limitChanged(tx: Transaction, instrument: number, usedBase: number, used: Column, time: bigint): void {
  const row = tx.state.rowOfId(TABLES.limits, instrument);
  if (row < 0) return;
  const { image } = tx;
  if (isSameCell(image, usedBase, used, image.rowOffset(TABLES.limits, row), USED)) return;
  const base = tx.edit(TABLES.limits, row);
  copyCell(image, usedBase, used, base, USED);
  setI64(image, base, LIMIT_UPDATED, time);
}

/** What a limit's `used` is now. */
export function usedOf(state: LiveState, instrument: number): bigint {
  if (instrument === 0) return getI128(state.image, state.image.rowOffset(TABLES.risk, RISK_ROW), R.grossExposure);
  const row = state.rowOfId(TABLES.profits, instrument);
  return row < 0 ? 0n : getI128(state.image, state.image.rowOffset(TABLES.profits, row), GROSS);
}

const reportedBefore = new Wide();

/** An asset's rate changed: the contribution of every instrument that settles in it changes. */
export function rateChanged(tx: Transaction, asset: number, before: bigint, after: bigint, time: bigint): void {
  const { state, image } = tx;
  let touched = false;
  for (const row of image.rows(TABLES.profits)) {
    const base = image.rowOffset(TABLES.profits, row);
    if (instrumentTerms(state, getU32(image, base, PROFITS_INSTRUMENT)).settle !== asset) continue;
    touched = true;
    const desk = tx.edit(TABLES.risk, RISK_ROW, NUMBERS_WORDS);
    for (const { of, to, change } of SHARES) {
      report(reportedBefore.load(image, base, of), before);
      report(change.load(image, base, of), after).subtract(reportedBefore);
      change.add(share.load(image, desk, to)).store(image, desk, to);
    }
  }
  if (touched) dayChanged(tx, tx.edit(TABLES.risk, RISK_ROW, NUMBERS_WORDS), time);
}

export const isHalted = (state: LiveState): boolean =>
  state.used(TABLES.risk) > 0 && getByte(state.image, state.image.rowOffset(TABLES.risk, RISK_ROW), R.halted) === 1;

export function openEpoch(tx: Transaction, _intent: Fields<'epoch.open'>): void {
  if (tx.state.used(TABLES.risk) === 0) tx.insert(TABLES.risk);
}

export function startDay(tx: Transaction, intent: Fields<'risk.day'>): void {
  const base = tx.edit(TABLES.risk, RISK_ROW);
  const { image } = tx;
  setU32(image, base, R.tradingDay, intent.day);
  setI128(image, base, R.dailyRealised, 0n);
  setI128(image, base, R.dailyPeak, 0n);
  setI128(image, base, R.maxDrawdown, 0n);
  setI128(image, base, R.openUnrealised, getI128(image, base, R.unrealised));
  setI64(image, base, R.updated, intent.time);
}

export function halt(tx: Transaction, intent: Fields<'risk.halt'>): void {
  if (isHalted(tx.state)) return;
  const base = tx.edit(TABLES.risk, RISK_ROW);
  setByte(tx.image, base, R.halted, 1);
  setI64(tx.image, base, R.haltTime, intent.time);
  setText(tx.image, base, R.haltReason, tx.text(intent.reason, R.haltReason));
}

export function resume(tx: Transaction, _intent: Fields<'risk.resume'>): void {
  const base = tx.edit(TABLES.risk, RISK_ROW);
  setByte(tx.image, base, R.halted, 0);
  setI64(tx.image, base, R.haltTime, 0n);
  setText(tx.image, base, R.haltReason, '');
}

export function recordResolution(tx: Transaction, intent: Fields<'resolution.record'>): void {
  const table = TABLES.resolutions;
  const column = (name: string) => table.byName.get(name)!;
  const id = tx.text(intent.breakId, column('breakId'));
  const comment = tx.text(intent.comment, column('comment'));
  if (findRow(tx.state, table, intent.breakId) >= 0) return;
  const person = tx.reference(intent.person);
  const row = tx.insert(table);
  const base = tx.image.rowOffset(table, row);
  setByte(tx.image, base, column('decision'), RESOLUTIONS.indexOf(intent.decision));
  setU32(tx.image, base, column('person'), person);
  setI64(tx.image, base, column('time'), intent.time);
  setText(tx.image, base, column('breakId'), id);
  setText(tx.image, base, column('comment'), comment);
  tx.indexed(table, row);
}
