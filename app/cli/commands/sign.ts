/** `rearm sign STORE --person ID`: shows the dossier in force and signs it, also on another machine that mounts or holds a copy of it. */

import { randomBytes } from 'node:crypto';
import { resolve } from 'node:path';
import { createInterface } from 'node:readline/promises';
import { Command } from 'commander';
import { recover } from '../../../main/cascade/recover.ts';
import { nativePlatform } from '../../../main/engine/native-platform.ts';
import { Gate } from '../../../main/gate/gate.ts';
import { readIdentity } from '../../../main/store/identity.ts';
import { isAcceptance } from '../../../main/store/lineage.ts';
import { RearmError } from '../../../shared/errors.ts';
import { action, EXIT, type Exit, note, print, printJson } from '../output.ts';
import { atTerminal } from '../user.ts';

interface Options {
  readonly person: string;
  readonly keys?: string;
  readonly yes?: boolean;
  readonly json?: boolean;
}

export const signCommand = (): Command =>
  new Command('sign')
    .description(
      "Signs the dossier in force with a person's key. The passphrase is asked for, or read from the environment variable REARM_PASSPHRASE.",
    )
    .argument('<store>', 'directory of the store')
    .requiredOption('--person <id>', 'who signs')
    .option('--keys <dir>', 'directory of the key (default: that of the store)')
    .option('--yes', 'do not ask before signing')
    .option('--json', 'one JSON document on stdout')
    .action(action(run));

async function ask(question: string, hidden: boolean): Promise<string> {
  if (!process.stdin.isTTY) throw new RearmError('USAGE', 'there is no terminal to ask on: set REARM_PASSPHRASE and give --yes', {});
  const terminal = createInterface({ input: process.stdin, output: process.stderr, terminal: true });
  if (hidden)
    (terminal as unknown as { _writeToOutput: (text: string) => void })._writeToOutput = (text) =>
      process.stderr.write(text.startsWith(question) ? question : '');
  try {
    return await terminal.question(question);
  } finally {
    terminal.close();
    if (hidden) process.stderr.write('\n');
  }
}

async function run(store: string, options: Options): Promise<Exit> {
  const root = resolve(store);
  const { storage, clock, bootId } = nativePlatform;
  const { storeId } = readIdentity(storage, root);
  const deps = { storage, clock, storeId, random: (bytes: number) => randomBytes(bytes) };
  const gate = Gate.open(root, deps).from(atTerminal());
  const { report, epoch } = recover({ storage, clock, root, bootId, brief: true });
  const accepted =
    epoch && isAcceptance(epoch.reason) && report.headHash ? { epoch: epoch.epoch, lsn: report.lsn, headHash: report.headHash } : null;
  const view = gate.view({ accepted });
  if (!view.dossier) throw new RearmError('DOSSIER_MISSING', 'no dossier is in force: nothing was proposed, or it was voided', { root });
  const { dossier, hash } = view.dossier;
  const shown = `${JSON.stringify(dossier, null, 2)}\n\nhash ${hash}\n`;
  if (!options.json) await print(shown);
  if (!options.yes) {
    if (options.json) note(shown);
    if ((await ask('Sign this dossier? Type yes: ', false)) !== 'yes') {
      note('Not signed.');
      return EXIT.refused;
    }
  }
  const passphrase = process.env.REARM_PASSPHRASE ?? (await ask(`Passphrase of ${options.person}: `, true));
  await gate.signBeside(
    { personId: options.person, dossierHash: hash, passphrase, ...(options.keys && { keyDirectory: resolve(options.keys) }) },
    () => ({ accepted }),
  );
  const after = gate.view({ accepted }).dossier;
  if (options.json) await printJson({ hash, signedBy: options.person, status: after?.status, owes: after?.owes });
  else
    await print(
      `Signed by ${options.person}; ${after?.status === 'complete' ? 'the approval is complete' : `owed by ${after?.owes.join(', ')}`}.\n`,
    );
  return EXIT.clean;
}
