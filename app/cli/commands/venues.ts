/** `rearm venues --venues FILE [--cancel SCOPE]` */

import { resolve } from 'node:path';
import { createInterface } from 'node:readline/promises';
import { Command } from 'commander';
import { refusalOf } from '../../../main/cascade/refusal.ts';
import { nativePlatform } from '../../../main/engine/native-platform.ts';
import { type CancelLookup, cancelOrders, lookupIn, verdictOf } from '../../../main/venues/cancel.ts';
import { connectVenues, type VenueConnection } from '../../../main/venues/client.ts';
import { loadVenues } from '../../../main/venues/configuration.ts';
import { askVenue } from '../../../main/venues/query.ts';
import { exposureOf } from '../../../main/venues/worst-case.ts';
import { cancelScope } from '../../../shared/contract/contract.ts';
import type { CancelReport, CancelScope, VenueReport } from '../../../shared/contract/venues.ts';
import { RearmError } from '../../../shared/errors.ts';
import { action, EXIT, type Exit, note, print, printJson, table, told } from '../output.ts';

interface Options {
  readonly venues: string;
  readonly cancel?: string;
  readonly store?: string;
  readonly yes?: boolean;
  readonly json?: boolean;
}

export const venuesCommand = (): Command =>
  new Command('venues')
    .description("What is live at the venues, without any store. --cancel cancels what the scope names, and tells every order's fate.")
    .requiredOption('--venues <file>', 'venue configuration')
    .option(
      '--cancel <scope>',
      '"all", or pairs such as venue=BINANCE,symbol=BTC/USDT:USDT,account=MM1; with ",protective" stops and reduce-only orders too',
    )
    .option('--store <dir>', 'whose orders these are: for a scope by strategy or trader')
    .option('--yes', 'do not ask before cancelling')
    .option('--json', 'one JSON document on stdout')
    .action(action(run));

/** `all`, or `key=value` pairs; the word `protective` beside them includes stops and reduce-only orders. */
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
  // It reads like "the protective ones", and would be every order there is.
  if (Object.keys(scope).every((key) => key === 'includeProtective') && !/\ball\b/.test(text))
    throw new RearmError(
      'USAGE',
      'protective adds stops and reduce-only orders to a scope: say all,protective, or venue=NAME,protective',
      {},
    );
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
    const lookup = await lookupOf(scope, options.store);
    if (
      !options.yes &&
      !(await confirmed(`Cancel what ${options.cancel} names: ${describeScope(reports, scope, lookup)}? Type cancel: `))
    ) {
      note('Nothing was cancelled.');
      return EXIT.refused;
    }
    cancelled = await cancelOrders(connections, { clock, scope, by: process.env.USER ?? 'terminal', lookup, symbols: symbolsOf });
  }
  if (options.json) await printJson({ venues: reports, worstCase: range, ...(cancelled && { cancel: cancelled }) });
  else
    await print(
      `${cancelled ? 'before the cancel:\n' : ''}${describe(reports)}\n\nworst case: gross ${range.grossWorst ?? 'UNKNOWN'}, net ${range.netWorstLow ?? 'UNKNOWN'} to ${range.netWorstHigh ?? 'UNKNOWN'} (${range.basis})\n${cancelled ? describeCancel(cancelled) : ''}`,
    );
  if (cancelled && cancelled.status !== 'done') return EXIT.refused;
  if (reports.every(({ status }) => status === 'silent' || status === 'failed')) {
    const why = [...new Set(reports.map(({ reason }) => reason))].join('; ');
    return told(new RearmError('VENUE_SILENT', `no venue of ${options.venues} answered: ${why}`, {}));
  }
  return reports.every(({ status }) => status === 'answered') ? EXIT.clean : EXIT.found;
}

/** Strategies and traders are in our records alone. */
async function lookupOf(scope: CancelScope, store: string | undefined): Promise<CancelLookup> {
  if (store === undefined) {
    if (scope.strategy === undefined && scope.trader === undefined) return lookupIn([]);
    throw new RearmError('USAGE', 'a scope by strategy or trader needs --store: no venue knows them', {});
  }
  const root = resolve(store);
  const [{ recover }, { readOurs }] = await Promise.all([
    import('../../../main/cascade/recover.ts'),
    import('../../../main/reconcile/ours.ts'),
  ]);
  const { storage, clock, bootId } = nativePlatform;
  const { image, report } = recover({ storage, clock, root, bootId, brief: true });
  if (!image) throw refusalOf(report);
  return lookupIn(readOurs(image, report.store).orders);
}

/** How many orders of each venue a cancel would be about, by what the venues have just answered. */
function describeScope(reports: readonly VenueReport[], scope: CancelScope, lookup: CancelLookup): string {
  return reports
    .filter(({ name }) => scope.venue === undefined || scope.venue === name)
    .map(({ name, orders, openOrders }) => {
      const count = openOrders.items.filter((order) => verdictOf(order, scope, lookup) === 'in').length;
      return `${orders === null ? `UNKNOWN (at least ${count})` : count} at ${name}`;
    })
    .join(', ');
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
  const left = report.venues
    .map(({ venue, left: remaining, reason }) => `${venue}: ${remaining ?? 'UNKNOWN'} left${reason ? ` (${reason})` : ''}`)
    .join('; ');
  const kept = report.scope.includeProtective ? '' : ' Stops and reduce-only orders stay: add protective to cancel them too.';
  return `\n${rows.length > 0 ? `${table(rows, [3, 4])}\n` : ''}cancel ${report.status}; of what the scope names: ${left}.${kept}\n`;
}
