/** `rearm verify STORE` */

import { resolve } from 'node:path';
import { Command } from 'commander';
import { nativePlatform } from '../../../main/engine/native-platform.ts';
import { verify } from '../../../main/verify/verify.ts';
import { action, EXIT, type Exit, Progress, print, printJson, table } from '../output.ts';

export const verifyCommand = (): Command =>
  new Command('verify')
    .description('Checks every byte of every file against its checksums, and the copies against each other.')
    .argument('<store>', 'directory of the store')
    .option('--json', 'one JSON document on stdout')
    .action(action(run));

async function run(store: string, options: { readonly json?: boolean }): Promise<Exit> {
  const progress = new Progress();
  const { storage, clock, bootId } = nativePlatform;
  const report = verify({ storage, clock, bootId, root: resolve(store), progress: (fraction, what) => progress.show(fraction, what) });
  progress.end();
  if (options.json) await printJson(report);
  else {
    const rows = report.files.map((file) => [file.status, file.path, file.findings.length === 0 ? '' : `${file.findings.length} findings`]);
    const findings = report.files.flatMap((file) =>
      file.findings.map((finding) => {
        const where = [
          finding.offset !== undefined && `offset ${finding.offset}`,
          finding.lsn !== undefined && `LSN ${finding.lsn}`,
          finding.page !== undefined && `page ${finding.page}`,
          finding.rows && `${finding.table} rows ${finding.rows[0]} to ${finding.rows[1]}`,
        ]
          .filter(Boolean)
          .join(', ');
        return `${finding.severity}: ${file.path}${where ? ` (${where})` : ''}: ${finding.code}: ${finding.message}`;
      }),
    );
    await print(`${[table(rows), ...(findings.length > 0 ? ['', ...findings] : []), '', `The store is ${report.status}.`].join('\n')}\n`);
  }
  return report.status === 'damaged' ? EXIT.found : EXIT.clean;
}
