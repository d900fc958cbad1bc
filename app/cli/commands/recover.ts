/** `rearm recover STORE [--accept]` */

import { resolve } from 'node:path';
import { Command } from 'commander';
import { recover } from '../../../main/cascade/recover.ts';
import { refusalOf } from '../../../main/cascade/refusal.ts';
import { nativePlatform } from '../../../main/engine/native-platform.ts';
import { fields } from '../../../main/gate/records.ts';
import type { RecoveryReport } from '../../../shared/contract/recovery.ts';
import { RearmError } from '../../../shared/errors.ts';
import { acceptAtTerminal } from '../acceptance.ts';
import { parseLsn } from '../lsn.ts';
import { action, EXIT, type Exit, Progress, print, printJson, told } from '../output.ts';
import { describe, statusOf } from '../report.ts';

interface Options {
  readonly json?: boolean;
  readonly accept?: boolean;
  readonly by?: string;
  readonly override?: string;
  readonly fromVenues?: string;
  readonly at?: string;
}

export const recoverCommand = (): Command =>
  new Command('recover')
    .description('Runs the cascade on a store, read-only; --accept opens a new epoch on the result, with trading halted.')
    .argument('<store>', 'directory of the store')
    .option('--json', 'one JSON document on stdout')
    .option('--at <lsn>', 'recover to this LSN instead of the highest provable one')
    .option('--accept', 'accept the result: new epoch, checkpoint, snapshot')
    .option('--by <name>', 'who accepts (default: the user of this terminal)')
    .option('--override <reason>', 'accept although the recovery is refused; the reason goes on the record')
    .option('--from-venues <file>', 'with --accept and --override: nothing is left, take the state from the venues of this configuration')
    .action(action(run));

async function run(store: string, options: Options): Promise<Exit> {
  const root = resolve(store);
  const at = options.at === undefined ? undefined : parseLsn(options.at);
  if (options.accept && at !== undefined) throw new RearmError('USAGE', '--accept takes the highest provable LSN: leave --at out', {});
  if (options.override?.trim() === '') throw new RearmError('USAGE', '--override needs a reason that can stand on the record', {});
  if (options.override !== undefined && !options.accept) throw new RearmError('USAGE', '--override needs --accept', {});
  if (options.fromVenues !== undefined && (!options.accept || options.override === undefined))
    throw new RearmError('USAGE', '--from-venues needs --accept and --override <reason>', {});
  if (options.fromVenues !== undefined) return fromVenues(root, resolve(options.fromVenues), options);
  if (options.accept) {
    const by = whoAccepts(options);
    const override = options.override === undefined ? undefined : { what: 'damage' as const, reason: options.override };
    const accepted = await acceptAtTerminal(root, { by, override });
    const { report, ...head } = accepted;
    if (options.json) await printJson({ ...report, accepted: head });
    else
      await print(
        `${describe(report)}\nAccepted as epoch ${head.epoch}: head at LSN ${head.lsn}, hash ${head.headHash}. Trading is halted.\n`,
      );
    // What was refused is accepted now, with its damage: nothing is left to decide.
    return report.outcome === 'refused' ? EXIT.found : statusOf(report);
  }
  const progress = new Progress();
  const { storage, clock, bootId } = nativePlatform;
  let report: RecoveryReport;
  try {
    report = recover({
      storage,
      clock,
      root,
      bootId,
      at,
      progress: ({ phase, fraction, detail }) => progress.show(fraction, `${phase}: ${detail}`),
    }).report;
  } finally {
    progress.end();
  }
  if (options.json) await printJson(report);
  else await print(`${describe(report)}\n`);
  if (report.outcome === 'refused') return told(refusalOf(report));
  return statusOf(report);
}

function whoAccepts({ by }: Options): string {
  const name = by ?? process.env.USER ?? 'terminal';
  if (!fields.actor.safeParse(name).success)
    throw new RearmError('USAGE', `--by ${JSON.stringify(name.slice(0, 140))} is no name: 1 to 128 characters that a screen shows`, {});
  return name;
}

async function fromVenues(root: string, venues: string, options: Options): Promise<Exit> {
  // The clients of the venues are slow to load, and seldom needed here.
  const { reconstruct } = await import('../reconstruction.ts');
  const progress = new Progress();
  const { report, takenOver, ...head } = await reconstruct(root, venues, whoAccepts(options), options.override!, (words) =>
    progress.show(null, words),
  ).finally(() => progress.end());
  if (options.json) await printJson({ ...report, accepted: head, takenOver });
  else {
    const taken = Object.entries(takenOver).map(([kind, times]) => `${times} ${kind}`);
    await print(
      `${describe(report)}\nAccepted as epoch ${head.epoch}: head at LSN ${head.lsn}, hash ${head.headHash}. Taken over: ${taken.join(', ') || 'nothing'}. Trading is halted; REDUCING is the most that can be approved.\n`,
    );
  }
  return EXIT.found;
}
