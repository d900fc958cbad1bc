/** Rows by key, instruments by name, and amounts from their decimal text. */

import { checkInt64, parseDecimal } from '../../shared/amounts.ts';
import { RearmError } from '../../shared/errors.ts';
import type { Table } from '../../shared/model/schema.ts';
import { TABLES } from '../../shared/model/tables.ts';
import { encodeText, getByte, getI64, getU32 } from '../image/cells.ts';
import type { LiveState } from './live-state.ts';
import type { Transaction } from './transaction.ts';

/** Row with the given key (in the order of `table.key`), or -1. Texts are strings, references and links are ids, times bigints. */
export function findRow(state: LiveState, table: Table, ...key: readonly (number | bigint | string)[]): number {
  const { probe, probeView } = state;
  for (let i = 0; i < key.length; i += 1) {
    const column = table.byName.get(table.key[i]!)!;
    const value = key[i]!;
    if (typeof value === 'string') {
      probe.fill(0, column.offset, column.offset + column.size);
      const text = encodeText(value);
      if (text.length > column.size - 1) return -1;
      probe[column.offset] = text.length;
      probe.set(text, column.offset + 1);
    } else if (typeof value === 'bigint') probeView.setBigInt64(column.offset, value, true);
    else if (column.size === 1) probe[column.offset] = value;
    else probeView.setUint32(column.offset, value, true);
  }
  return state.index(table).find(probe, 0);
}

const INSTRUMENT = TABLES.instruments.byName;
const columns = {
  settle: INSTRUMENT.get('settle')!,
  priceScale: INSTRUMENT.get('priceScale')!,
  quantityScale: INSTRUMENT.get('quantityScale')!,
  multiplier: INSTRUMENT.get('multiplier')!,
};

/** What arithmetic needs of an instrument. */
export interface InstrumentTerms {
  /** Row + 1. */
  readonly id: number;
  /** Dictionary id of the settlement asset. */
  readonly settle: number;
  readonly priceScale: number;
  readonly quantityScale: number;
  /** Scale 6. */
  readonly multiplier: bigint;
}

export function instrumentTerms(state: LiveState, id: number): InstrumentTerms {
  const { image } = state;
  const base = image.rowOffset(TABLES.instruments, id - 1);
  return {
    id,
    settle: getU32(image, base, columns.settle),
    priceScale: getByte(image, base, columns.priceScale),
    quantityScale: getByte(image, base, columns.quantityScale),
    multiplier: getI64(image, base, columns.multiplier),
  };
}

/** @throws RearmError NOT_FOUND */
export function requireInstrument(state: LiveState, venue: string, symbol: string): InstrumentTerms {
  const row = findRow(state, TABLES.instruments, state.reference(venue), state.reference(symbol));
  if (row < 0) throw new RearmError('NOT_FOUND', `no instrument ${symbol} is defined at ${venue}`, { venue, symbol });
  return instrumentTerms(state, row + 1);
}

/** Order row of a client id. @throws RearmError NOT_FOUND */
export function requireOrder(state: LiveState, clientId: string): number {
  const row = findRow(state, TABLES.orders, clientId);
  if (row < 0) throw new RearmError('NOT_FOUND', `no order has the client id ${clientId}`, { clientId });
  return row;
}

/** Units of `scale`; "" is zero. @throws RearmError AMOUNT_INVALID, AMOUNT_OVERFLOW */
export const amount = (text: string, scale: number, what: string): bigint =>
  text === '' ? 0n : checkInt64(parseDecimal(text, scale), what);

/** As {@link amount}, above zero. @throws RearmError OPERATION_INVALID */
export function positive(text: string, scale: number, what: string): bigint {
  const units = amount(text, scale, what);
  if (units <= 0n) throw new RearmError('OPERATION_INVALID', `${what} must be above zero, it is ${text || 'missing'}`, { what, text });
  return units;
}

const ASSET_SCALE = TABLES.assets.byName.get('scale')!;
const ASSET_NAME = TABLES.assets.byName.get('asset')!;
/** Places that an asset gets which nobody defined. */
const SCALE_UNDEFINED = 8;

/** Row of an asset; one that is not defined is added with a rate of zero (it counts nothing, and is a finding). */
export function ensureAsset(tx: Transaction, asset: string, ...amounts: readonly string[]): number {
  if (asset === '') throw new RearmError('OPERATION_INVALID', 'an amount of an asset needs the name of the asset', {});
  const reference = tx.reference(asset);
  const known = findRow(tx.state, TABLES.assets, reference);
  if (known >= 0) return known;
  const places = amounts.map((text) => {
    // Zeros at the end are no places: the log does not keep them.
    const digits = text.includes('.') ? text.replace(/0+$/, '') : text;
    const dot = digits.indexOf('.');
    return dot < 0 ? 0 : digits.length - dot - 1;
  });
  const row = tx.insert(TABLES.assets);
  const base = tx.image.rowOffset(TABLES.assets, row);
  tx.image.quads[(base + ASSET_NAME.offset) >> 2] = reference;
  tx.image.bytes[base + ASSET_SCALE.offset] = Math.min(18, Math.max(SCALE_UNDEFINED, ...places));
  tx.indexed(TABLES.assets, row);
  return row;
}

export const assetScale = (state: LiveState, row: number): number =>
  getByte(state.image, state.image.rowOffset(TABLES.assets, row), ASSET_SCALE);
