/** Assets, venues, instruments, configuration documents, limits, strategies. */

import { xxh64 } from '@node-rs/xxhash';
import { checkInt128, MONEY_SCALE, MULTIPLIER_SCALE, parseDecimal, RATE_SCALE } from '../../shared/amounts.ts';
import { RearmError } from '../../shared/errors.ts';
import type { Fields } from '../../shared/model/operations.ts';
import { ANSWERS, CONFIGURATION_SCOPES, INSTRUMENT_KINDS, TABLES } from '../../shared/model/tables.ts';
import { encodeText, getByte, getI64, getU32, setByte, setI64, setI128, setText, setU32, setU64 } from '../image/cells.ts';
import { writeBlob } from './blobs.ts';
import { amount, findRow, positive } from './lookup.ts';
import { rateChanged, usedOf } from './risk.ts';
import type { Transaction } from './transaction.ts';

const column = <T extends keyof typeof TABLES>(table: T, name: string) => TABLES[table].byName.get(name)!;

const A = {
  asset: column('assets', 'asset'),
  scale: column('assets', 'scale'),
  rate: column('assets', 'rate'),
  rateTime: column('assets', 'rateTime'),
};

function required(text: string, what: string): string {
  if (text === '') throw new RearmError('OPERATION_INVALID', `${what} is missing`, { what });
  return text;
}

function inRange(value: number, from: number, to: number, what: string): number {
  if (value < from || value > to) throw new RearmError('OPERATION_INVALID', `${what} is ${value}, outside ${from} to ${to}`, { what });
  return value;
}

export function defineAsset(tx: Transaction, intent: Fields<'asset.define'>): void {
  const reference = tx.reference(required(intent.asset, 'asset'));
  const scale = inRange(intent.scale, 0, 18, 'scale');
  let row = findRow(tx.state, TABLES.assets, reference);
  if (row < 0) {
    row = tx.insert(TABLES.assets);
    const base = tx.image.rowOffset(TABLES.assets, row);
    setU32(tx.image, base, A.asset, reference);
    setByte(tx.image, base, A.scale, scale);
    tx.indexed(TABLES.assets, row);
  } else if (getByte(tx.image, tx.image.rowOffset(TABLES.assets, row), A.scale) !== scale) {
    throw new RearmError('OPERATION_INVALID', `the scale of ${intent.asset} is fixed`, { asset: intent.asset });
  }
  setRate(tx, row, intent.rate === '' ? '1' : intent.rate, intent.time);
}

export function setAssetRate(tx: Transaction, intent: Fields<'rate'>): void {
  const row = findRow(tx.state, TABLES.assets, tx.state.reference(intent.asset));
  if (row < 0) throw new RearmError('NOT_FOUND', `no asset ${intent.asset} is defined`, { asset: intent.asset });
  setRate(tx, row, required(intent.rate, 'rate'), intent.time);
}

function setRate(tx: Transaction, row: number, rate: string, time: bigint): void {
  const units = amount(rate, RATE_SCALE, 'rate');
  if (units < 0n) throw new RearmError('OPERATION_INVALID', `a rate cannot be below zero: ${rate}`, { rate });
  const base = tx.edit(TABLES.assets, row);
  const before = getI64(tx.image, base, A.rate);
  setI64(tx.image, base, A.rate, units);
  setI64(tx.image, base, A.rateTime, time);
  if (before !== units) rateChanged(tx, getU32(tx.image, base, A.asset), before, units, time);
}

export function defineVenue(tx: Transaction, intent: Fields<'venue.define'>): void {
  const reference = tx.reference(required(intent.venue, 'venue'));
  let row = findRow(tx.state, TABLES.venues, reference);
  const isNew = row < 0;
  if (isNew) row = tx.insert(TABLES.venues);
  const base = tx.edit(TABLES.venues, row);
  setU32(tx.image, base, column('venues', 'venue'), reference);
  setU32(tx.image, base, column('venues', 'dialect'), tx.reference(intent.dialect));
  setByte(tx.image, base, column('venues', 'cancelOnDisconnect'), ANSWERS.indexOf(intent.cancelOnDisconnect));
  if (isNew) tx.indexed(TABLES.venues, row);
}

export function defineInstrument(tx: Transaction, intent: Fields<'instrument.define'>): void {
  const { image, state } = tx;
  const venue = tx.reference(required(intent.venue, 'venue'));
  const symbol = tx.reference(required(intent.symbol, 'symbol'));
  const base = tx.reference(intent.base);
  const settle = tx.reference(required(intent.settle, 'settle'));
  inRange(intent.priceScale + intent.quantityScale, 0, 12, 'priceScale + quantityScale');
  const multiplier = positive(intent.multiplier, MULTIPLIER_SCALE, 'multiplier');
  if (findRow(state, TABLES.assets, settle) < 0) {
    throw new RearmError('NOT_FOUND', `no asset ${intent.settle} is defined`, { asset: intent.settle });
  }
  const fixed = [
    [column('instruments', 'base'), base],
    [column('instruments', 'settle'), settle],
    [column('instruments', 'kind'), INSTRUMENT_KINDS.indexOf(intent.kind)],
    [column('instruments', 'priceScale'), intent.priceScale],
    [column('instruments', 'quantityScale'), intent.quantityScale],
  ] as const;
  let row = findRow(state, TABLES.instruments, venue, symbol);
  if (row < 0) {
    row = tx.insert(TABLES.instruments);
    const at = image.rowOffset(TABLES.instruments, row);
    setU32(image, at, column('instruments', 'venue'), venue);
    setU32(image, at, column('instruments', 'symbol'), symbol);
    for (const [field, value] of fixed) (field.size === 1 ? setByte : setU32)(image, at, field, value);
    setI64(image, at, column('instruments', 'multiplier'), multiplier);
    tx.indexed(TABLES.instruments, row);
  } else {
    const at = image.rowOffset(TABLES.instruments, row);
    const same = fixed.every(([field, value]) => (field.size === 1 ? getByte : getU32)(image, at, field) === value);
    if (!same || getI64(image, at, column('instruments', 'multiplier')) !== multiplier) {
      throw new RearmError('OPERATION_INVALID', `the terms of ${intent.symbol} at ${intent.venue} are fixed`, { symbol: intent.symbol });
    }
  }
  const at = tx.edit(TABLES.instruments, row);
  setI64(image, at, column('instruments', 'tick'), amount(intent.tick, intent.priceScale, 'tick'));
  setI64(image, at, column('instruments', 'lot'), amount(intent.lot, intent.quantityScale, 'lot'));
  setI64(image, at, column('instruments', 'tolerance'), amount(intent.tolerance, intent.quantityScale, 'tolerance'));
}

export function setConfiguration(tx: Transaction, intent: Fields<'configuration.set'>): void {
  const table = TABLES.configurations;
  const scope = CONFIGURATION_SCOPES.indexOf(intent.scope);
  const name = tx.reference(intent.name);
  let row = findRow(tx.state, table, scope, name);
  const isNew = row < 0;
  if (isNew) row = tx.insert(table);
  const base = tx.edit(table, row);
  setByte(tx.image, base, column('configurations', 'scope'), scope);
  setU32(tx.image, base, column('configurations', 'name'), name);
  setU32(tx.image, base, column('configurations', 'version'), getU32(tx.image, base, column('configurations', 'version')) + 1);
  setI64(tx.image, base, column('configurations', 'modified'), intent.time);
  writeBlob(tx, base, column('configurations', 'value'), encodeText(intent.value));
  if (isNew) tx.indexed(table, row);
}

export function setLimit(tx: Transaction, intent: Fields<'limit.set'>): void {
  const table = TABLES.limits;
  let instrument = 0;
  let quantityScale = 0;
  if (intent.venue !== '' || intent.symbol !== '') {
    const row = findRow(tx.state, TABLES.instruments, tx.state.reference(intent.venue), tx.state.reference(intent.symbol));
    if (row < 0) throw new RearmError('NOT_FOUND', `no instrument ${intent.symbol} is defined at ${intent.venue}`, {});
    instrument = row + 1;
    quantityScale = getByte(tx.image, tx.image.rowOffset(TABLES.instruments, row), column('instruments', 'quantityScale'));
  }
  const money = (text: string, what: string) => (text === '' ? 0n : checkInt128(parseDecimal(text, MONEY_SCALE), what));
  let row = findRow(tx.state, table, instrument);
  const isNew = row < 0;
  if (isNew) row = tx.insert(table);
  const base = tx.edit(table, row);
  setU32(tx.image, base, column('limits', 'instrument'), instrument);
  setI64(tx.image, base, column('limits', 'maxQuantity'), amount(intent.maxQuantity, quantityScale, 'maxQuantity'));
  setI128(tx.image, base, column('limits', 'maxExposure'), money(intent.maxExposure, 'maxExposure'));
  setI128(tx.image, base, column('limits', 'maxLoss'), money(intent.maxLoss, 'maxLoss'));
  setI128(tx.image, base, column('limits', 'used'), usedOf(tx.state, instrument));
  setI64(tx.image, base, column('limits', 'updated'), intent.time);
  if (isNew) tx.indexed(table, row);
}

const S = Object.fromEntries(TABLES.strategies.columns.map((entry) => [entry.name, entry])) as Record<
  string,
  (typeof TABLES.strategies.columns)[number]
>;

export function defineStrategy(tx: Transaction, intent: Fields<'strategy.define'>): void {
  const table = TABLES.strategies;
  const reference = tx.reference(required(intent.strategy, 'strategy'));
  let row = findRow(tx.state, table, reference);
  const isNew = row < 0;
  if (isNew) row = tx.insert(table);
  const base = tx.edit(table, row);
  setU32(tx.image, base, S.strategy!, reference);
  setText(tx.image, base, S.name!, tx.text(intent.name, S.name!));
  setByte(tx.image, base, S.active!, intent.active ? 1 : 0);
  setI64(tx.image, base, S.updated!, intent.time);
  writeBlob(tx, base, S.parameters!, encodeText(intent.parameters));
  if (isNew) tx.indexed(table, row);
}

export function updateStrategy(tx: Transaction, intent: Fields<'strategy.update'>): void {
  const row = findRow(tx.state, TABLES.strategies, tx.state.reference(intent.strategy));
  if (row < 0) throw new RearmError('NOT_FOUND', `no strategy ${intent.strategy} is defined`, { strategy: intent.strategy });
  const base = tx.edit(TABLES.strategies, row);
  setByte(tx.image, base, S.active!, intent.active ? 1 : 0);
  setI64(tx.image, base, S.lastSignal!, intent.signalTime);
  setI64(tx.image, base, S.updated!, intent.time);
  setU64(tx.image, base, S.stateChecksum!, intent.state.length === 0 ? 0n : xxh64(intent.state));
  writeBlob(tx, base, S.state!, intent.state);
}
