/** `rearm verify STORE` */

import { resolve } from 'node:path';
import { Command } from 'commander';
import { nativePlatform } from '../../../main/engine/native-platform.ts';
import type { FileFinding, FileStatus } from '../../../main/verify/file-findings.ts';
import type { AuditHead } from '../../../main/verify/gate.ts';
import { verify } from '../../../main/verify/verify.ts';
import { RearmError } from '../../../shared/errors.ts';
import { action, EXIT, type Exit, Progress, plural, print, printJson, table } from '../output.ts';

export const verifyCommand = (): Command =>
  new Command('verify')
    .description('Checks every byte of every file against its checksums, and the copies against each other.')
    .argument('<store>', 'directory of the store')
    .option(
      '--anchor <entry:hash>',
      'an entry of the audit log that was noted elsewhere, as an earlier verify showed it: it must still be there',
    )
    .option('--file <path>', 'this file alone, as a report names it (l1/00000001.map): its own bytes, not the copies against each other')
    .option('--json', 'one JSON document on stdout')
    .action(action(run));

function anchorOf(text: string | undefined): AuditHead | undefined {
  if (text === undefined) return undefined;
  const [, sequence, head] = /^(\d{1,15}):([0-9a-f]{64})$/.exec(text) ?? [];
  if (!head) throw new RearmError('USAGE', `${text} is no anchor: it is the number of an entry, a colon and its hash`, {});
  return { sequence: Number(sequence), head };
}

interface Options {
  readonly json?: boolean;
  readonly anchor?: string;
  readonly file?: string;
}

async function run(store: string, options: Options): Promise<Exit> {
  const progress = new Progress();
  const { storage, clock, bootId } = nativePlatform;
  const anchor = anchorOf(options.anchor);
  const report = verify({
    storage,
    clock,
    bootId,
    root: resolve(store),
    anchor,
    only: options.file,
    progress: (fraction, what) => progress.show(fraction, what),
  });
  progress.end();
  if (options.json) await printJson(report);
  else {
    const rows = report.files.map((file) => [
      file.status,
      file.path,
      file.findings.length === 0 ? '' : plural(file.findings.length, 'finding'),
    ]);
    const findings = report.files.flatMap(({ path, findings }) => alike(findings).map((found) => findingLine(path, found)));
    const noted =
      report.audit &&
      `Audit log: entry and hash ${report.audit.sequence}:${report.audit.head}; kept elsewhere, it shows later that nothing was cut off.`;
    const lines = [
      table(rows),
      ...(findings.length > 0 ? ['', ...findings] : []),
      ...(noted ? ['', noted] : []),
      '',
      SENTENCES[report.status](options.file ?? 'The store'),
    ];
    await print(`${lines.join('\n')}\n`);
  }
  return EXITS[report.status];
}

const EXITS: Readonly<Record<FileStatus, Exit>> = { whole: EXIT.clean, torn: EXIT.clean, unread: EXIT.unreadable, damaged: EXIT.found };
const is = (status: FileStatus) => (what: string) => `${what} is ${status}.`;
const SENTENCES: Readonly<Record<FileStatus, (what: string) => string>> = {
  whole: is('whole'),
  torn: is('torn'),
  damaged: is('damaged'),
  unread: (what) => `${what} could not be read to its end: whether it is whole is not known.`,
};

/** Findings that say the same of one page after the other: a bad chunk holds many pages. */
function alike(findings: readonly FileFinding[]): FileFinding[][] {
  const runs: FileFinding[][] = [];
  const said = ({ code, message, page }: FileFinding): string => `${code} ${message.replace(`page ${page}:`, '')}`;
  for (const finding of findings) {
    const last = runs.at(-1)?.at(-1);
    if (last?.page !== undefined && finding.page === last.page + 1 && said(finding) === said(last)) runs.at(-1)!.push(finding);
    else runs.push([finding]);
  }
  return runs;
}

function findingLine(path: string, found: readonly FileFinding[]): string {
  const { offset, lsn, page, entry, rows, table, whole, severity, code, message } = found[0]!;
  const where = [
    whole && 'the whole file',
    offset !== undefined && `offset ${offset}`,
    lsn !== undefined && `LSN ${lsn}`,
    page !== undefined && (found.length === 1 ? `page ${page}` : `pages ${page} to ${found.at(-1)!.page}`),
    entry !== undefined && `entry ${entry}`,
    found.length === 1 && rows && `${table} rows ${rows[0]} to ${rows[1]}`,
  ].filter(Boolean);
  return `${severity}: ${path}${where.length > 0 ? ` (${where.join(', ')})` : ''}: ${code}: ${message}`;
}
