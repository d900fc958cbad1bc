/**
 * The desk as a whole in the reporting currency, and what follows from every change of an instrument's profits: exposure,
 * the day's P&L, drawdown, limit use. The arithmetic is set down in shared/model/operations.ts.
 */

import { checkInt128, powerOfTen, RATE_SCALE, roundDivide } from '../../shared/amounts.ts';
import type { Fields } from '../../shared/model/operations.ts';
import { RESOLUTIONS, TABLES } from '../../shared/model/tables.ts';
import { getByte, getI64, getI128, getU32, setByte, setI64, setI128, setText, setU32 } from '../image/cells.ts';
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

/** Money of an asset in the reporting currency, at a rate of scale 9; half away from zero. */
export const report = (money: bigint, rate: bigint): bigint => (rate === RATE_UNIT ? money : roundDivide(money * rate, RATE_UNIT));

/** Rate of an asset by its dictionary id; zero where it is not defined. */
export function rateOf(state: LiveState, asset: number): bigint {
  const row = findRow(state, TABLES.assets, asset);
  return row < 0 ? 0n : getI64(state.image, state.image.rowOffset(TABLES.assets, row), RATE);
}

export interface ProfitsSnapshot {
  readonly gross: bigint;
  readonly net: bigint;
  readonly unrealised: bigint;
}

export const profitsAt = (state: LiveState, base: number): ProfitsSnapshot => ({
  gross: getI128(state.image, base, GROSS),
  net: getI128(state.image, base, NET),
  unrealised: getI128(state.image, base, UNREALISED),
});

/** Takes an instrument's contribution from `before` to `after` into the desk's risk. `dailyRealised` is added to the day. */
export function riskChanged(
  tx: Transaction,
  rate: bigint,
  before: ProfitsSnapshot,
  after: ProfitsSnapshot,
  dailyRealised: bigint,
  time: bigint,
): void {
  const base = tx.edit(TABLES.risk, RISK_ROW);
  const { image } = tx;
  const shift = (column: (typeof TABLES.risk.columns)[number], delta: bigint) =>
    setI128(image, base, column, checkInt128(getI128(image, base, column) + delta, column.name));
  shift(R.grossExposure, report(after.gross, rate) - report(before.gross, rate));
  shift(R.netExposure, report(after.net, rate) - report(before.net, rate));
  shift(R.unrealised, report(after.unrealised, rate) - report(before.unrealised, rate));
  shift(R.dailyRealised, dailyRealised);
  dayChanged(tx, base, time);
}

function dayChanged(tx: Transaction, base: number, time: bigint): void {
  const { image } = tx;
  const equity = getI128(image, base, R.dailyRealised) + getI128(image, base, R.unrealised) - getI128(image, base, R.openUnrealised);
  const peak = getI128(image, base, R.dailyPeak);
  if (equity > peak) setI128(image, base, R.dailyPeak, checkInt128(equity, 'dailyPeak'));
  const drawdown = (equity > peak ? equity : peak) - equity;
  if (drawdown > getI128(image, base, R.maxDrawdown)) setI128(image, base, R.maxDrawdown, checkInt128(drawdown, 'maxDrawdown'));
  setI64(image, base, R.updated, time);
  limitChanged(tx, 0, getI128(image, base, R.grossExposure), time);
}

/** Limit use of an instrument (id), or of the desk (0). */
export function limitChanged(tx: Transaction, instrument: number, used: bigint, time: bigint): void {
  const row = findRow(tx.state, TABLES.limits, instrument);
  if (row < 0) return;
  const base = tx.edit(TABLES.limits, row);
  if (getI128(tx.image, base, USED) === used) return;
  setI128(tx.image, base, USED, used);
  setI64(tx.image, base, LIMIT_UPDATED, time);
}

/** What a limit's `used` is now. */
export function usedOf(state: LiveState, instrument: number): bigint {
  if (instrument === 0) return getI128(state.image, state.image.rowOffset(TABLES.risk, RISK_ROW), R.grossExposure);
  const row = findRow(state, TABLES.profits, instrument);
  return row < 0 ? 0n : getI128(state.image, state.image.rowOffset(TABLES.profits, row), GROSS);
}

const NOTHING: ProfitsSnapshot = { gross: 0n, net: 0n, unrealised: 0n };

/** An asset's rate changed: the contribution of every instrument that settles in it changes. */
export function rateChanged(tx: Transaction, asset: number, before: bigint, after: bigint, time: bigint): void {
  const { state, image } = tx;
  let touched = false;
  for (const row of image.rows(TABLES.profits)) {
    const base = image.rowOffset(TABLES.profits, row);
    if (instrumentTerms(state, getU32(image, base, PROFITS_INSTRUMENT)).settle !== asset) continue;
    touched = true;
    const profits = profitsAt(state, base);
    const desk = tx.edit(TABLES.risk, RISK_ROW);
    for (const [column, value] of [
      [R.grossExposure, profits.gross],
      [R.netExposure, profits.net],
      [R.unrealised, profits.unrealised],
    ] as const) {
      setI128(image, desk, column, checkInt128(getI128(image, desk, column) + report(value, after) - report(value, before), column.name));
    }
  }
  if (touched) riskChanged(tx, after, NOTHING, NOTHING, 0n, time);
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
