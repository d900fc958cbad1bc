/** Rows by key, instruments by name, and amounts from their decimal text. */

import { checkInt64, MONEY_SCALE, MULTIPLIER_SCALE, parseDecimal, powerOfTen } from '../../shared/amounts.ts';
import { RearmError } from '../../shared/errors.ts';
import type { Column, Table } from '../../shared/model/schema.ts';
import { TABLES } from '../../shared/model/tables.ts';
import { parseTime } from '../../shared/units.ts';
import { getByte, getI64, getU32, putText } from '../image/cells.ts';
import { factorOf } from '../image/wide.ts';
import type { InstrumentTerms, LiveState } from './live-state.ts';
import type { Transaction } from './transaction.ts';

/** A text is a string, a reference or a link its id, a time a bigint. */
type KeyValue = number | bigint | string;

/** Writes one part of a key into the probe; whether it fits. */
function put({ probe }: LiveState, { offset, size }: Column, value: KeyValue): boolean {
  if (typeof value === 'number') {
    if (size === 1) probe.bytes[offset] = value;
    else probe.quads[offset >> 2] = value;
    return true;
  }
  if (typeof value === 'bigint') {
    probe.words[offset >> 3] = value;
    return true;
  }
  const length = putText(probe.bytes, offset + 1, value, size - 1);
  if (length < 0) return false;
  probe.bytes[offset] = length;
  // Keys are compared by whole words.
  for (let i = offset + 1 + length; (i & 3) !== 0; i += 1) probe.bytes[i] = 0;
  return true;
}

/** No id and no row: a key that holds it is found nowhere. */
const NOTHING = 0xffff_ffff;

/** A part of a key as {@link findRow} takes it, from its canonical text; "" is none. @throws RangeError for a time that is none */
export function keyValue(state: LiveState, { type }: Column, text: string): KeyValue {
  if (type.kind === 'text') return text;
  if (type.kind === 'time') return parseTime(text);
  if (type.kind === 'enum') return type.names.indexOf(text);
  if (text === '') return 0;
  const known = (name: string) => state.reference(name) || NOTHING;
  if (type.kind === 'ref') return known(text);
  const colon = text.indexOf(':');
  const row = findRow(state, TABLES.instruments, known(text.slice(0, colon)), known(text.slice(colon + 1)));
  return row < 0 ? NOTHING : row + 1;
}

/** Row with the given key (in the order of `table.key`), or -1. */
export function findRow(state: LiveState, table: Table, first: KeyValue, second?: KeyValue, third?: KeyValue): number {
  const index = state.index(table);
  const { columns } = index;
  if (!put(state, columns[0]!, first)) return -1;
  if (second !== undefined && !put(state, columns[1]!, second)) return -1;
  if (third !== undefined && !put(state, columns[2]!, third)) return -1;
  return index.find(state.probe.quads, 0);
}

const INSTRUMENT = TABLES.instruments.byName;
const columns = {
  settle: INSTRUMENT.get('settle')!,
  priceScale: INSTRUMENT.get('priceScale')!,
  quantityScale: INSTRUMENT.get('quantityScale')!,
  multiplier: INSTRUMENT.get('multiplier')!,
};

export function instrumentTerms(state: LiveState, id: number): InstrumentTerms {
  const known = state.terms[id - 1];
  if (known) return known;
  const { image } = state;
  const base = image.rowOffset(TABLES.instruments, id - 1);
  const priceScale = getByte(image, base, columns.priceScale);
  const quantityScale = getByte(image, base, columns.quantityScale);
  const terms = {
    id,
    settle: getU32(image, base, columns.settle),
    priceScale,
    quantityScale,
    factor: factorOf(getI64(image, base, columns.multiplier) * powerOfTen(MONEY_SCALE - MULTIPLIER_SCALE - priceScale - quantityScale)),
  };
  state.terms[id - 1] = terms;
  return terms;
}

/** @throws RearmError NOT_FOUND */
export function requireInstrument(state: LiveState, venue: string, symbol: string): InstrumentTerms {
  const known = state.named.get(symbol);
  if (known) for (let i = 0; i < known.length; i += 1) if (known[i]!.venue === venue) return known[i]!.terms;
  const row = findRow(state, TABLES.instruments, state.reference(venue), state.reference(symbol));
  if (row < 0) throw new RearmError('NOT_FOUND', `no instrument ${symbol} is defined at ${venue}`, { venue, symbol });
  const terms = instrumentTerms(state, row + 1);
  if (known) known.push({ venue, terms });
  else state.named.set(symbol, [{ venue, terms }]);
  return terms;
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
  const known = tx.state.rowOfId(TABLES.assets, reference);
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
