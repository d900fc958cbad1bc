/** The meaning of a recovered state: what must be true of it, whatever its checksums say. */

import { formatDecimal, MONEY_SCALE } from '../../shared/amounts.ts';
import type { Finding } from '../../shared/contract/recovery.ts';
import type { Table } from '../../shared/model/schema.ts';
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

/** Bytes that no operation can have written. */
function checkEncodings(image: Image, findings: Findings): void {
  const strings = image.capacity(TABLES.dictionary);
  for (const table of TABLE_LIST) {
    const capacity = (name: string) => image.capacity(TABLES[name as 'instruments']);
    for (const row of image.rows(table)) {
      const base = image.rowOffset(table, row);
      for (const entry of table.columns) {
        const { type } = entry;
        const bad =
          (type.kind === 'enum' && getByte(image, base, entry) >= type.names.length) ||
          (type.kind === 'flag' && getByte(image, base, entry) > 1) ||
          (type.kind === 'ref' && getU32(image, base, entry) > strings) ||
          (type.kind === 'link' && getU32(image, base, entry) > capacity(type.table)) ||
          (type.kind === 'text' && getByte(image, base, entry) > type.capacity) ||
          (type.kind === 'time' && getI64(image, base, entry) < 0n);
        if (bad)
          findings.add(
            'critical',
            'ENCODING',
            `${table.name} row ${row}: ${entry.name} holds a value that no operation writes`,
            table,
            row,
          );
      }
    }
  }
}

function checkOrders(image: Image, findings: Findings): void {
  const table = TABLES.orders;
  for (const row of image.rows(table)) {
    const base = image.rowOffset(table, row);
    const quantity = getI64(image, base, column('orders', 'quantity'));
    const filled = getI64(image, base, column('orders', 'filled'));
    const status = ORDER_STATUSES[getByte(image, base, column('orders', 'status'))];
    const id = () => getText(image, base, column('orders', 'clientId'));
    if (filled < 0n || filled > quantity)
      findings.add('critical', 'ORDER_OVERFILLED', `order ${id()}: filled is outside its quantity`, table, row);
    if ((status === 'filled') !== (filled === quantity))
      findings.add('critical', 'ORDER_STATUS', `order ${id()} is ${status} with ${filled} of ${quantity} units filled`, table, row);
    if ((status === 'pending' || status === 'open' || status === 'rejected') && filled !== 0n)
      findings.add('critical', 'ORDER_STATUS', `order ${id()} is ${status} and has fills`, table, row);
    if (status === 'none') findings.add('critical', 'ORDER_STATUS', `order ${id()} has no status`, table, row);
  }
}

interface Sums {
  quantity: bigint;
  absolute: bigint;
  cost: bigint;
  realised: bigint;
}

function checkPositions(image: Image, reader: CanonicalReader, findings: Findings): void {
  const sums = new Map<number, Sums>();
  for (const row of image.rows(TABLES.positions)) {
    const base = image.rowOffset(TABLES.positions, row);
    const instrument = getU32(image, base, column('positions', 'instrument'));
    const quantity = getI64(image, base, column('positions', 'quantity'));
    const cost = getI128(image, base, column('positions', 'cost'));
    if (quantity === 0n && cost !== 0n)
      findings.add(
        'critical',
        'POSITION_COST',
        `${reader.instrument(instrument)}: a flat position has a cost of ${money(cost)}`,
        TABLES.positions,
        row,
      );
    const sum = sums.get(instrument) ?? { quantity: 0n, absolute: 0n, cost: 0n, realised: 0n };
    sum.quantity += quantity;
    sum.absolute += quantity < 0n ? -quantity : quantity;
    sum.cost += cost;
    sum.realised += getI128(image, base, column('positions', 'realised'));
    sums.set(instrument, sum);
  }
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
    const sum = sums.get(instrument) ?? { quantity: 0n, absolute: 0n, cost: 0n, realised: 0n };
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
  let latest = 0n;
  for (const table of TABLE_LIST) {
    const times = table.columns.filter((entry) => entry.type.kind === 'time');
    if (times.length === 0) continue;
    for (const row of image.rows(table)) {
      const base = image.rowOffset(table, row);
      for (const entry of times) {
        const at = getI64(image, base, entry);
        if (at > latest) latest = at;
      }
    }
  }
  if (latest > nowNs) {
    findings.add(
      'warning',
      'CLOCK_AHEAD',
      `the latest time in the state, ${formatTime(latest)}, is ${Number((latest - nowNs) / 1_000_000n)} ms ahead of this machine's clock`,
    );
  }
}
