/** `rearm wal STORE [--from A --to B]` */

import { resolve } from 'node:path';
import { Command } from 'commander';
import { recover } from '../../../main/cascade/recover.ts';
import { nativePlatform } from '../../../main/engine/native-platform.ts';
import { type DecodedOperation, openLog, readOperations } from '../../../main/history/operations.ts';
import type { LogEnd } from '../../../main/wal/log-reader.ts';
import type { RecoveryReport } from '../../../shared/contract/recovery.ts';
import { RearmError } from '../../../shared/errors.ts';
import { intentToJson } from '../../../shared/model/json.ts';
import { formatTime } from '../../../shared/units.ts';
import { parseLsn } from '../lsn.ts';
import { action, EXIT, type Exit, errorLine, note, print } from '../output.ts';

export const walCommand = (): Command =>
  new Command('wal')
    .description('Prints the operations of the log, one JSON line each: lsn, type, class, time, intent.')
    .argument('<store>', 'directory of the store')
    .option('--from <lsn>', 'first LSN (default: the first that is there)')
    .option('--to <lsn>', 'last LSN (default: the last)')
    .option('--json', 'the same: it is JSON lines already')
    .action(action(run));

const LINES_PER_WRITE = 2_000;

const line = ({ lsn, intent, posted, timeNs }: DecodedOperation): string =>
  `${JSON.stringify({ lsn, type: intent.type, class: posted ? 'post' : 'commit', time: formatTime(timeNs), intent: intentToJson(intent) })}\n`;

async function run(store: string, options: { readonly from?: string; readonly to?: string }): Promise<Exit> {
  const source = openLog(nativePlatform.storage, resolve(store));
  if (source.segments.length === 0)
    throw source.errors[0]?.error ?? new RearmError('FORMAT_INVALID', `the log of ${resolve(store)} is not there: it has no segment`, {});
  for (const { error } of source.errors) note(errorLine(error.toData()));
  const first = source.segments[0]!.firstLsn;
  const from = options.from === undefined ? first : parseLsn(options.from);
  const to = options.to === undefined ? Number.MAX_SAFE_INTEGER : parseLsn(options.to);
  if (to < from) throw new RearmError('USAGE', `--to ${to} is before --from ${from}`, {});
  // Piece by piece, so that a log of any length can be printed through a slow pipe.
  let next = from;
  for (;;) {
    let text = '';
    let lines = 0;
    let passed = false;
    const end = readOperations(source, next, Number.MAX_SAFE_INTEGER, (operation) => {
      passed = operation.lsn > to;
      if (passed) return false;
      text += line(operation);
      lines += 1;
      next = operation.lsn + 1;
      return lines < LINES_PER_WRITE;
    });
    if (lines > 0) await print(text);
    if (lines < LINES_PER_WRITE) {
      const short = !passed && end.lastLsn < to;
      if (short && end.kind === 'damaged') {
        const message = `the log is damaged after LSN ${end.lastLsn}: ${end.reason}`;
        note(errorLine(new RearmError('CHECKSUM_MISMATCH', message, {}).toData()));
        return EXIT.found;
      }
      // The next one is asked for by who follows a log; one further away was mistaken.
      if (from > end.lastLsn + 1)
        throw new RearmError('LSN_UNREACHABLE', `LSN ${from} is beyond the last one, ${end.lastLsn}`, { from, last: end.lastLsn });
      const missing = short && tellEnd(resolve(store), end);
      return missing || source.errors.length > 0 ? EXIT.found : EXIT.clean;
    }
  }
}

/** Says what is behind the last operation: bytes that are none, and what was acknowledged and is not there. @returns whether something is missing */
function tellEnd(root: string, { kind, tornBytes, lastLsn }: LogEnd): boolean {
  if (kind === 'tornTail') note(`rearm: ${tornBytes} bytes after LSN ${lastLsn} are no frame: a torn tail`);
  const { storage, clock, bootId } = nativePlatform;
  let report: RecoveryReport;
  try {
    report = recover({ storage, clock, root, bootId, brief: true }).report;
  } catch (error) {
    // The log was printed; what else the store holds is another question.
    if (error instanceof RearmError) return false;
    throw error;
  }
  if (report.writerAlive || report.acknowledgedLsn <= lastLsn) return false;
  const message = `the log ends at LSN ${lastLsn}, and LSN ${report.acknowledgedLsn} was acknowledged`;
  note(errorLine(new RearmError('CHECKSUM_MISMATCH', message, {}).toData()));
  return true;
}
