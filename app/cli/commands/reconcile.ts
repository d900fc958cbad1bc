/** `rearm reconcile STORE --venues FILE` */

import { resolve } from 'node:path';
import { Command } from 'commander';
import { recover } from '../../../main/cascade/recover.ts';
import { refusalOf } from '../../../main/cascade/refusal.ts';
import { nativePlatform } from '../../../main/engine/native-platform.ts';
import { openLog } from '../../../main/history/operations.ts';
import { readHistory } from '../../../main/reconcile/history.ts';
import { needsOf } from '../../../main/reconcile/needs.ts';
import { readOurs } from '../../../main/reconcile/ours.ts';
import { reconcile } from '../../../main/reconcile/reconcile.ts';
import { TOLERANCES } from '../../../main/reconcile/tolerances.ts';
import { isoTime } from '../../../main/venues/answer.ts';
import { connectVenues } from '../../../main/venues/client.ts';
import { loadVenues } from '../../../main/venues/configuration.ts';
import { gatherVenue } from '../../../main/venues/evidence.ts';
import type { ReconcileReport } from '../../../shared/contract/reconcile.ts';
import { RearmError } from '../../../shared/errors.ts';
import { action, EXIT, type Exit, note, Progress, plural, print, printJson, table, told } from '../output.ts';

interface Options {
  readonly venues: string;
  readonly json?: boolean;
}

export const reconcileCommand = (): Command =>
  new Command('reconcile')
    .description('Recovers the store, read-only, asks the venues, and lists the breaks. Changes nothing, here or there.')
    .argument('<store>', 'directory of the store')
    .requiredOption('--venues <file>', 'venue configuration')
    .option('--json', 'one JSON document on stdout')
    .action(action(run));

async function run(store: string, options: Options): Promise<Exit> {
  const root = resolve(store);
  const { storage, clock, bootId } = nativePlatform;
  const progress = new Progress();
  progress.show(null, 'recovering the store');
  const { report, image } = recover({ storage, clock, root, bootId, brief: true });
  if (!image) throw refusalOf(report);
  const { venues, warnings } = await loadVenues(resolve(options.venues));
  for (const warning of warnings) note(`rearm: ${warning.code}: ${warning.message}`);
  progress.show(null, 'asking the venues');
  const ours = readOurs(image, report.store);
  const history = readHistory(openLog(storage, root), ours);
  const connections = connectVenues(venues, clock);
  const evidence = await Promise.all(
    connections.map((connection) => gatherVenue(connection, { clock, needs: () => needsOf(connection.configuration, ours, history) })),
  );
  progress.end();
  const crashedAtMs = Date.parse(report.lastOperationAt ?? '');
  const result = reconcile(ours, evidence, {
    askedAt: isoTime(clock.wallNs()),
    store: report.store,
    tolerances: TOLERANCES,
    history,
    crashedAtMs: Number.isNaN(crashedAtMs) ? undefined : crashedAtMs,
  });
  const refused = report.outcome === 'refused';
  const { outcome, lostAcknowledged, lsn, sentence } = report;
  if (options.json) await printJson({ ...result, recovery: { outcome, lsn, lostAcknowledged, sentence } });
  else await print(`${refused ? `${sentence}\n\n` : ''}${describe(result)}\n`);
  if (refused)
    return told(new RearmError('RECOVERY_REFUSED', `compared with less than the engine knew: ${sentence}`, { lsn, lostAcknowledged }));
  return result.breaks.length > 0 || result.venues.some((venue) => !venue.provable) ? EXIT.found : EXIT.clean;
}

const side = (entry: Readonly<Record<string, string | null>> | null, none: string): string =>
  entry === null
    ? none
    : Object.entries(entry)
        .filter(([, value]) => value !== null && value !== '')
        .map(([name, value]) => `${name} ${value}`)
        .join(', ');

function describe(report: ReconcileReport): string {
  const venues = report.venues.map((venue) => [
    venue.name,
    venue.status,
    `${venue.ms.toFixed(0)} ms`,
    venue.provable ? '' : 'not provable',
    venue.reason,
  ]);
  const breaks = report.breaks.map((entry) => [
    entry.severity,
    entry.blocking ? 'blocks' : '',
    entry.kind,
    entry.venue,
    entry.symbol ?? entry.asset ?? '',
    entry.clientId ?? entry.orderId ?? entry.tradeId ?? '',
    `ours: ${side(entry.ours, 'none')} | venue: ${side(entry.theirs, entry.answered ? 'none' : 'not answered')}`,
    entry.cause,
  ]);
  return [
    table(venues, [2]),
    '',
    breaks.length === 0 ? 'No break.' : table(breaks),
    '',
    `${plural(report.breaks.length, 'break')}, ${report.blocking} ${report.blocking === 1 ? 'blocks' : 'block'}; matched ${(['order', 'fill', 'position', 'balance'] as const).map((one) => plural(report.matched[`${one}s`], one)).join(', ')}.`,
  ].join('\n');
}
