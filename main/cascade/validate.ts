/** The meaning of a recovered state: what must be true of it, whatever its checksums say. */

import { formatDecimal, MONEY_SCALE } from '../../shared/amounts.ts';
import type { Finding } from '../../shared/contract/recovery.ts';
import { PAGE_BYTES, PAGE_HEADER_BYTES, type Table } from '../../shared/model/schema.ts';
import { ORDER_STATUSES, TABLE_LIST, TABLES } from '../../shared/model/tables.ts';
import { formatTime } from '../../shared/units.ts';
import { CanonicalReader } from '../image/canonical.ts';
import { getByte, getI64, getI128, getText, getU32 } from '../image/cells.ts';
import type { Image } from '../image/image.ts';

const RATE_UNIT = 1_000_000_000n;

/** Findings of one kind are listed up to this many; the rest is counted. */
const LISTED = 20;

class Findings {
  readonly list: Finding[] = [];
  readonly #counts = new Map<string, number>();

  add(severity: Finding['severity'], code: string, message: string, table?: Table, row?: number): void {
    const count = (this.#counts.get(code) ?? 0) + 1;
    this.#counts.set(code, count);
    if (count <= LISTED)
      this.list.push({
        code,
        severity,
        message,
        ...(table && { table: table.name }),
        ...(row !== undefined && { rows: [row, row] as const }),
      });
  }

  finish(): Finding[] {
    for (const [code, count] of this.#counts) {
      if (count > LISTED) this.list.push({ code, severity: 'warning', message: `and ${count - LISTED} more findings of this kind` });
    }
    return this.list;
  }
}

const column = <T extends keyof typeof TABLES>(table: T, name: string) => TABLES[table].byName.get(name)!;
const ORDER = {
  quantity: column('orders', 'quantity'),
  filled: column('orders', 'filled'),
  status: column('orders', 'status'),
  clientId: column('orders', 'clientId'),
};
const POSITION = {
  instrument: column('positions', 'instrument'),
  quantity: column('positions', 'quantity'),
  cost: column('positions', 'cost'),
  realised: column('positions', 'realised'),
};
const money = (value: bigint) => formatDecimal(value, MONEY_SCALE);

const value = (quantity: bigint, price: bigint, multiplier: bigint, scales: number) =>
  quantity * price * multiplier * 10n ** BigInt(12 - scales);

const rounded = (amount: bigint, rate: bigint): bigint => {
  if (rate === RATE_UNIT) return amount;
  const product = amount * rate;
  const half = product < 0n ? -(RATE_UNIT / 2n) : RATE_UNIT / 2n;
  return (product + half) / RATE_UNIT;
};

/**
 * Checks the state against itself. It recomputes the sums from the rows by its own arithmetic, not by the engine's.
 *
 * @param nowNs wall time; a timestamp in the future is a finding with the offset, never a reason to discard the state
 */
export function validate(image: Image, nowNs: bigint): Finding[] {
  const findings = new Findings();
  const reader = new CanonicalReader(image);
  checkEncodings(image, findings);
  checkOrders(image, findings);
  checkPositions(image, reader, findings);
  checkBalances(image, findings);
  checkTimes(image, findings, nowNs);
  return findings.finish();
}

/** Calls `visit` with the place and the number of every row in use, in row order: the loops over a whole state want no generator. */
function eachRow(image: Image, table: Table, visit: (base: number, row: number) => void): void {
  const { bytes } = image;
  const { rowBytes, rowsPerPage } = table;
  const { pages } = image.pagesOf(table);
  for (let index = 0; index < pages.length; index += 1) {
    const page = pages[index]!;
    if (page < 0) continue;
    let base = page * PAGE_BYTES + PAGE_HEADER_BYTES;
    const first = index * rowsPerPage;
    for (let row = first; row < first + rowsPerPage; row += 1, base += rowBytes) if (bytes[base] === 1) visit(base, row);
  }
}

/** A column holds at most `max` in the byte, or in the four bytes, at its place. */
interface Bound {
  readonly column: string;
  readonly at: number;
  readonly wide: boolean;
  readonly max: number;
}

function boundsOf(image: Image, table: Table): Bound[] {
  const bounds: Bound[] = [];
  for (const { name, offset, type } of table.columns) {
    const add = (max: number, wide = false, at = offset) => bounds.push({ column: name, at, wide, max });
    if (type.kind === 'enum') add(type.names.length - 1);
    else if (type.kind === 'flag') add(1);
    else if (type.kind === 'text') add(type.capacity);
    else if (type.kind === 'ref') add(image.capacity(TABLES.dictionary), true);
    else if (type.kind === 'link') add(image.capacity(TABLES[type.table as 'instruments']), true);
    // Not below zero: no sign in its upper half.
    else if (type.kind === 'time') add(0x7fff_ffff, true, offset + 4);
  }
  return bounds;
}

/** Bytes that no operation can have written. */
function checkEncodings(image: Image, findings: Findings): void {
  const { bytes, quads } = image;
  for (const table of TABLE_LIST) {
    const bounds = boundsOf(image, table);
    eachRow(image, table, (base, row) => {
      for (let i = 0; i < bounds.length; i += 1) {
        const { at, wide, max, column } = bounds[i]!;
        if ((wide ? quads[(base + at) >> 2]! : bytes[base + at]!) > max)
          findings.add('critical', 'ENCODING', `${table.name} row ${row}: ${column} holds a value that no operation writes`, table, row);
      }
    });
  }
}

function checkOrders(image: Image, findings: Findings): void {
  const table = TABLES.orders;
  eachRow(image, table, (base, row) => {
    const quantity = getI64(image, base, ORDER.quantity);
    const filled = getI64(image, base, ORDER.filled);
    const status = ORDER_STATUSES[getByte(image, base, ORDER.status)];
    const id = () => getText(image, base, ORDER.clientId);
    if (filled < 0n || filled > quantity)
      findings.add('critical', 'ORDER_OVERFILLED', `order ${id()}: filled is outside its quantity`, table, row);
    if ((status === 'filled') !== (filled === quantity))
      findings.add('critical', 'ORDER_STATUS', `order ${id()} is ${status} with ${filled} of ${quantity} units filled`, table, row);
    if ((status === 'pending' || status === 'open' || status === 'rejected') && filled !== 0n)
      findings.add('critical', 'ORDER_STATUS', `order ${id()} is ${status} and has fills`, table, row);
    if (status === 'none') findings.add('critical', 'ORDER_STATUS', `order ${id()} has no status`, table, row);
  });
}

interface Sums {
  readonly quantity: bigint;
  readonly absolute: bigint;
  readonly cost: bigint;
  readonly realised: bigint;
}

const NOTHING: Sums = { quantity: 0n, absolute: 0n, cost: 0n, realised: 0n };

/** So many digits of 32 bits have a sum that a double holds exactly. */
const DIGITS_MAX = 2 ** 21;

/** Sums of many 64- and 128-bit integers: each of their 32-bit digits is summed by itself, the highest with its sign. */
class PositionSums {
  static readonly #bought = 0;
  static readonly #sold = 2;
  static readonly #cost = 4;
  static readonly #realised = 8;
  readonly #digits = new Float64Array(12);
  #rows = 0;
  #carried = NOTHING;

  add(quads: Uint32Array, quantityAt: number, costAt: number, realisedAt: number): void {
    const digits = this.#digits;
    if (this.#rows === DIGITS_MAX) this.#carry();
    this.#rows += 1;
    const high = quads[quantityAt + 1]! | 0;
    const quantity = high < 0 ? PositionSums.#sold : PositionSums.#bought;
    digits[quantity]! += quads[quantityAt]!;
    digits[quantity + 1]! += high;
    for (let i = 0; i < 3; i += 1) {
      digits[PositionSums.#cost + i]! += quads[costAt + i]!;
      digits[PositionSums.#realised + i]! += quads[realisedAt + i]!;
    }
    digits[PositionSums.#cost + 3]! += quads[costAt + 3]! | 0;
    digits[PositionSums.#realised + 3]! += quads[realisedAt + 3]! | 0;
  }

  #carry(): void {
    this.#carried = this.sums;
    this.#digits.fill(0);
    this.#rows = 0;
  }

  get sums(): Sums {
    const total = (first: number, count: number) => {
      let sum = 0n;
      for (let i = count - 1; i >= 0; i -= 1) sum = (sum << 32n) + BigInt(this.#digits[first + i]!);
      return sum;
    };
    const bought = total(PositionSums.#bought, 2);
    const sold = total(PositionSums.#sold, 2);
    const { quantity, absolute, cost, realised } = this.#carried;
    return {
      quantity: quantity + bought + sold,
      absolute: absolute + bought - sold,
      cost: cost + total(PositionSums.#cost, 4),
      realised: realised + total(PositionSums.#realised, 4),
    };
  }
}

function checkPositions(image: Image, reader: CanonicalReader, findings: Findings): void {
  const summed = new Map<number, PositionSums>();
  const { quads, words } = image;
  eachRow(image, TABLES.positions, (base, row) => {
    const instrument = getU32(image, base, POSITION.instrument);
    const costAt = (base + POSITION.cost.offset) >> 3;
    if (getI64(image, base, POSITION.quantity) === 0n && (words[costAt] !== 0n || words[costAt + 1] !== 0n))
      findings.add(
        'critical',
        'POSITION_COST',
        `${reader.instrument(instrument)}: a flat position has a cost of ${money(getI128(image, base, POSITION.cost))}`,
        TABLES.positions,
        row,
      );
    let sums = summed.get(instrument);
    if (sums === undefined) {
      sums = new PositionSums();
      summed.set(instrument, sums);
    }
    sums.add(quads, (base + POSITION.quantity.offset) >> 2, costAt * 2, (base + POSITION.realised.offset) >> 2);
  });
  const sums = new Map([...summed].map(([instrument, digits]) => [instrument, digits.sums]));
  const rates = new Map<number, bigint>();
  for (const row of image.rows(TABLES.assets)) {
    const base = image.rowOffset(TABLES.assets, row);
    rates.set(getU32(image, base, column('assets', 'asset')), getI64(image, base, column('assets', 'rate')));
  }
  const desk = { gross: 0n, net: 0n, unrealised: 0n };
  const uses = new Map<number, bigint>();
  for (const row of image.rows(TABLES.profits)) {
    const base = image.rowOffset(TABLES.profits, row);
    const instrument = getU32(image, base, column('profits', 'instrument'));
    const name = reader.instrument(instrument);
    const sum = sums.get(instrument) ?? NOTHING;
    sums.delete(instrument);
    if (
      getI64(image, base, column('profits', 'quantity')) !== sum.quantity ||
      getI64(image, base, column('profits', 'absolute')) !== sum.absolute ||
      getI128(image, base, column('profits', 'cost')) !== sum.cost ||
      getI128(image, base, column('profits', 'realised')) !== sum.realised
    ) {
      findings.add(
        'critical',
        'PROFITS_SUM',
        `${name}: quantity, cost or realised P&L is not the sum of its positions`,
        TABLES.profits,
        row,
      );
    }
    if (instrument === 0 || instrument > image.capacity(TABLES.instruments)) continue;
    const terms = image.rowOffset(TABLES.instruments, instrument - 1);
    const scales =
      getByte(image, terms, column('instruments', 'priceScale')) + getByte(image, terms, column('instruments', 'quantityScale'));
    const multiplier = getI64(image, terms, column('instruments', 'multiplier'));
    const mark = getI64(image, base, column('profits', 'mark'));
    const net = value(sum.quantity, mark, multiplier, scales);
    const gross = value(sum.absolute, mark, multiplier, scales);
    const unrealised = getI128(image, base, column('profits', 'unrealised'));
    if (
      getI128(image, base, column('profits', 'net')) !== net ||
      getI128(image, base, column('profits', 'gross')) !== gross ||
      unrealised !== net - sum.cost
    ) {
      findings.add(
        'critical',
        'EXPOSURE',
        `${name}: exposure or unrealised P&L does not follow from its quantity and mark`,
        TABLES.profits,
        row,
      );
    }
    const rate = rates.get(getU32(image, terms, column('instruments', 'settle'))) ?? 0n;
    if (rate === 0n && sum.absolute !== 0n)
      findings.add(
        'warning',
        'RATE_MISSING',
        `${name} settles in an asset without a rate: it counts nothing in the desk's exposure`,
        TABLES.profits,
        row,
      );
    desk.gross += rounded(gross, rate);
    desk.net += rounded(net, rate);
    desk.unrealised += rounded(unrealised, rate);
    uses.set(instrument, gross);
  }
  for (const [instrument, sum] of sums) {
    if (sum.absolute !== 0n) findings.add('critical', 'PROFITS_SUM', `${reader.instrument(instrument)} has positions and no profits row`);
  }
  checkDesk(image, findings, desk, uses);
}

function checkDesk(
  image: Image,
  findings: Findings,
  desk: { gross: bigint; net: bigint; unrealised: bigint },
  uses: ReadonlyMap<number, bigint>,
): void {
  if (image.capacity(TABLES.risk) === 0 || !image.inUse(TABLES.risk, 0)) {
    if (image.lsn > 0) findings.add('critical', 'RISK_MISSING', 'the state has no risk row');
    return;
  }
  const base = image.rowOffset(TABLES.risk, 0);
  const stored = (name: string) => getI128(image, base, column('risk', name));
  const differs = (name: string, expected: bigint) => {
    if (stored(name) !== expected)
      findings.add('critical', 'RISK_SUM', `risk ${name} is ${money(stored(name))}, its rows sum to ${money(expected)}`, TABLES.risk, 0);
  };
  differs('grossExposure', desk.gross);
  differs('netExposure', desk.net);
  differs('unrealised', desk.unrealised);
  const equity = stored('dailyRealised') + stored('unrealised') - stored('openUnrealised');
  if (stored('dailyPeak') < 0n || stored('maxDrawdown') < 0n)
    findings.add('critical', 'DRAWDOWN', 'the peak or the drawdown of the day is below zero', TABLES.risk, 0);
  if (equity > stored('dailyPeak'))
    findings.add('critical', 'DRAWDOWN', `the day's equity ${money(equity)} is above its peak`, TABLES.risk, 0);
  if (stored('dailyPeak') - equity > stored('maxDrawdown'))
    findings.add('critical', 'DRAWDOWN', 'the present drawdown is larger than the largest of the day', TABLES.risk, 0);
  const halted = getByte(image, base, column('risk', 'halted')) === 1;
  if (halted && getText(image, base, column('risk', 'haltReason')) === '')
    findings.add('warning', 'HALT_REASON', 'trading is halted without a reason', TABLES.risk, 0);
  for (const row of image.rows(TABLES.limits)) {
    const limit = image.rowOffset(TABLES.limits, row);
    const instrument = getU32(image, limit, column('limits', 'instrument'));
    const expected = instrument === 0 ? desk.gross : (uses.get(instrument) ?? 0n);
    if (getI128(image, limit, column('limits', 'used')) !== expected)
      findings.add('critical', 'LIMIT_USE', 'the use of a limit is not the exposure that it limits', TABLES.limits, row);
  }
}

function checkBalances(image: Image, findings: Findings): void {
  for (const row of image.rows(TABLES.balances)) {
    const base = image.rowOffset(TABLES.balances, row);
    const part = (name: string) => getI64(image, base, column('balances', name));
    if (part('free') + part('locked') !== part('total'))
      findings.add('critical', 'BALANCE_SUM', 'a balance is not the sum of free and locked', TABLES.balances, row);
  }
}

/** A stepped clock must not cost a day's positions: the finding tells the offset. */
function checkTimes(image: Image, findings: Findings, nowNs: bigint): void {
  // In halves, the upper one with its sign.
  let [high, low] = [0, 0];
  const { quads } = image;
  for (const table of TABLE_LIST) {
    const times = table.columns.filter(({ type }) => type.kind === 'time').map(({ offset }) => offset >> 2);
    if (times.length === 0) continue;
    eachRow(image, table, (base) => {
      for (let i = 0; i < times.length; i += 1) {
        const at = (base >> 2) + times[i]!;
        const upper = quads[at + 1]! | 0;
        if (upper < high || (upper === high && quads[at]! <= low)) continue;
        high = upper;
        low = quads[at]!;
      }
    });
  }
  const latest = (BigInt(high) << 32n) | BigInt(low);
  if (latest > nowNs) {
    findings.add(
      'warning',
      'CLOCK_AHEAD',
      `the latest time in the state, ${formatTime(latest)}, is ${Number((latest - nowNs) / 1_000_000n)} ms ahead of this machine's clock`,
    );
  }
}
