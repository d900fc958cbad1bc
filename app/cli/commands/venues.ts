/** `rearm venues --venues FILE [--cancel SCOPE]` */

import { resolve } from 'node:path';
import { createInterface } from 'node:readline/promises';
import { Command } from 'commander';
import { nativePlatform } from '../../../main/engine/native-platform.ts';
import { type CancelLookup, cancelOrders, lookupIn } from '../../../main/venues/cancel.ts';
import { connectVenues, type VenueConnection } from '../../../main/venues/client.ts';
import { loadVenues } from '../../../main/venues/configuration.ts';
import { askVenue } from '../../../main/venues/query.ts';
import { exposureOf } from '../../../main/venues/worst-case.ts';
import { cancelScope } from '../../../shared/contract/contract.ts';
import type { CancelReport, CancelScope, VenueReport } from '../../../shared/contract/venues.ts';
import { RearmError } from '../../../shared/errors.ts';
import { action, EXIT, type Exit, note, print, printJson, table } from '../output.ts';

interface Options {
  readonly venues: string;
  readonly cancel?: string;
  readonly yes?: boolean;
  readonly json?: boolean;
}

export const venuesCommand = (): Command =>
  new Command('venues')
    .description("What is live at the venues, without any store. --cancel cancels what the scope names, and tells every order's fate.")
    .requiredOption('--venues <file>', 'venue configuration')
    .option(
      '--cancel <scope>',
      '"all", or pairs such as venue=BINANCE,symbol=BTC/USDT:USDT,account=MM1,protective (stops and reduce-only too)',
    )
    .option('--yes', 'do not ask before cancelling')
    .option('--json', 'one JSON document on stdout')
    .action(action(run));

/** `all`, or `key=value` pairs; the word `protective` includes stops and reduce-only orders. */
export function parseScope(text: string) {
  const scope: Record<string, string | boolean> = {};
  for (const part of text
    .split(',')
    .map((entry) => entry.trim())
    .filter(Boolean)) {
    if (part === 'all') continue;
    if (part === 'protective') {
      scope.includeProtective = true;
      continue;
    }
    const equals = part.indexOf('=');
    if (equals < 1)
      throw new RearmError('USAGE', `${JSON.stringify(part)} is no part of a scope: give all, protective, or key=value`, { part });
    scope[part.slice(0, equals)] = part.slice(equals + 1);
  }
  const parsed = cancelScope.safeParse(scope);
  if (!parsed.success)
    throw new RearmError('USAGE', `the scope ${text} is not understood: keys are venue, account, symbol, strategy, trader`, { text });
  if (Object.keys(scope).length === 0 && !/\ball\b/.test(text))
    throw new RearmError('USAGE', 'an empty scope cancels nothing: say all', {});
  return parsed.data;
}

async function confirmed(question: string): Promise<boolean> {
  if (!process.stdin.isTTY) throw new RearmError('USAGE', 'cancelling needs a terminal to confirm on, or --yes', {});
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  try {
    return (await terminal.question(question)).trim() === 'cancel';
  } finally {
    terminal.close();
  }
}

/** A symbol that no venue of the scope has is a slip of the pen: cancelling nothing of it would look like a success. */
async function knownSymbol(connections: readonly VenueConnection[], { symbol, venue }: CancelScope): Promise<void> {
  const asked = connections.filter(({ name }) => venue === undefined || name === venue);
  const markets = await Promise.all(
    asked.map((connection) =>
      connection
        .ready('read')
        .then(({ markets: found }) => found)
        .catch(() => null),
    ),
  );
  // A venue that does not answer may have it.
  if (markets.some((found) => !found || Object.hasOwn(found, symbol!))) return;
  throw new RearmError('NOT_FOUND', `no venue of the scope has a symbol ${symbol}: write it as the orders show it`, { symbol });
}

async function run(options: Options): Promise<Exit> {
  const scope = options.cancel === undefined ? null : parseScope(options.cancel);
  const { clock } = nativePlatform;
  const { venues, warnings } = await loadVenues(resolve(options.venues));
  for (const warning of warnings) note(`rearm: ${warning.code}: ${warning.message}`);
  const connections = connectVenues(venues, clock);
  const symbolsOf = (venue: string) => venues.find(({ name }) => name === venue)?.symbols ?? [];
  const answers = await Promise.all(connections.map((connection) => askVenue(connection, { clock, symbols: symbolsOf })));
  const reports = answers.map(({ report }) => report);
  const { range } = exposureOf({ venues: reports, ours: null });
  let cancelled: CancelReport | null = null;
  if (scope) {
    for (const venue of scope.venue === undefined ? [] : [scope.venue])
      if (!venues.some(({ name }) => name === venue))
        throw new RearmError('NOT_FOUND', `no venue is called ${venue} in ${options.venues}`, { venue });
    if (scope.symbol !== undefined) await knownSymbol(connections, scope);
    if (!options.yes && !(await confirmed(`Cancel working orders in scope ${options.cancel}? Type cancel: `))) {
      note('Nothing was cancelled.');
      return EXIT.refused;
    }
    const lookup: CancelLookup = lookupIn([]);
    cancelled = await cancelOrders(connections, { clock, scope, by: process.env.USER ?? 'terminal', lookup, symbols: symbolsOf });
  }
  if (options.json) await printJson({ venues: reports, worstCase: range, ...(cancelled && { cancel: cancelled }) });
  else
    await print(
      `${cancelled ? 'before the cancel:\n' : ''}${describe(reports)}\n\nworst case: gross ${range.grossWorst ?? 'UNKNOWN'}, net ${range.netWorstLow ?? 'UNKNOWN'} to ${range.netWorstHigh ?? 'UNKNOWN'} (${range.basis})\n${cancelled ? describeCancel(cancelled) : ''}`,
    );
  const silent = reports.some(({ status }) => status !== 'answered');
  if (cancelled && cancelled.status !== 'done') return EXIT.refused;
  return silent ? EXIT.found : EXIT.clean;
}

const known = (value: number | string | null): string => (value === null ? 'UNKNOWN' : String(value));

function describe(reports: readonly VenueReport[]): string {
  const rows = reports.map((report) => [
    report.name,
    report.status,
    `${report.ms.toFixed(0)} ms`,
    known(report.orders),
    known(report.notional),
    report.positions.status === 'complete' || report.positions.status === 'empty' ? String(report.positions.items.length) : 'UNKNOWN',
    report.reason,
  ]);
  return table([['venue', 'status', 'answered in', 'orders', 'notional', 'positions', ''], ...rows], [2, 3, 4, 5]);
}

function describeCancel(report: CancelReport): string {
  const rows = report.orders.map((order) => [
    order.venue,
    order.symbol,
    order.side,
    order.remaining,
    order.price ?? '-',
    order.fate,
    order.reason,
  ]);
  const left = report.venues.map(({ venue, left: remaining }) => `${venue}: ${remaining === null ? 'UNKNOWN' : remaining} left`).join('; ');
  const kept = report.scope.includeProtective ? '' : ' Stops and reduce-only orders stay: add protective to cancel them too.';
  return `\n${rows.length > 0 ? `${table(rows, [3, 4])}\n` : ''}cancel ${report.status}: ${left} of what the scope names.${kept}\n`;
}
