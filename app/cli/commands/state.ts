/** `rearm state STORE [--at LSN]` */

import { resolve } from 'node:path';
import { Command } from 'commander';
import { recover } from '../../../main/cascade/recover.ts';
import { refusalOf } from '../../../main/cascade/refusal.ts';
import { nativePlatform } from '../../../main/engine/native-platform.ts';
import { canonicalState } from '../../../main/image/canonical.ts';
import { parseLsn } from '../lsn.ts';
import { action, type Exit, print } from '../output.ts';
import { statusOf } from '../report.ts';

export const stateCommand = (): Command =>
  new Command('state')
    .description('Prints the whole recovered state, canonical: sorted keys, amounts as decimal strings.')
    .argument('<store>', 'directory of the store')
    .option('--at <lsn>', 'the state at this LSN')
    .option('--json', 'one line of JSON (default: the same, indented)')
    .action(action(run));

async function run(store: string, options: { readonly at?: string; readonly json?: boolean }): Promise<Exit> {
  const at = options.at === undefined ? undefined : parseLsn(options.at);
  const { storage, clock, bootId } = nativePlatform;
  const { report, image } = recover({ storage, clock, root: resolve(store), bootId, at, brief: true });
  if (!image || (report.outcome === 'refused' && at === undefined)) {
    throw refusalOf(report);
  }
  const state = canonicalState(image);
  const sorted = { format: state.format, lsn: state.lsn, stateDigest: state.stateDigest, tables: state.tables };
  await print(`${JSON.stringify(sorted, sortKeys, options.json ? undefined : 2)}\n`);
  return statusOf(report);
}

/** Objects with their keys in order, at every depth. */
function sortKeys(_: string, value: unknown): unknown {
  if (value === null || typeof value !== 'object' || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)));
}
