#!/usr/bin/env node
/** The terminal: `rearm COMMAND`. One file per command under commands/. */

import '../bundled.ts';
import { Command, CommanderError } from 'commander';
import { RearmError } from '../../shared/errors.ts';
import { demoCommand } from './commands/demo.ts';
import { openCommand } from './commands/open.ts';
import { reconcileCommand } from './commands/reconcile.ts';
import { recoverCommand } from './commands/recover.ts';
import { serveCommand } from './commands/serve.ts';
import { signCommand } from './commands/sign.ts';
import { stateCommand } from './commands/state.ts';
import { venuesCommand } from './commands/venues.ts';
import { verifyCommand } from './commands/verify.ts';
import { walCommand } from './commands/wal.ts';
import { EXIT, errorLine, note } from './output.ts';
import { version } from './version.ts';

const program = new Command('rearm')
  .description('The recovery console of trading desks.')
  .version(version())
  .exitOverride()
  .configureOutput({ outputError: () => {} })
  .addHelpText(
    'after',
    `
Exit status: 0 clean; 1 usage; 2 cannot be read; 3 recovered with damage, or breaks found; 4 refused: a person must decide.
Errors are one line on stderr with a stable code (docs/ERRORS.md). With --json, stdout holds one JSON document.`,
  );

for (const add of [
  recoverCommand,
  stateCommand,
  walCommand,
  verifyCommand,
  venuesCommand,
  reconcileCommand,
  demoCommand,
  serveCommand,
  openCommand,
  signCommand,
]) {
  program.addCommand(
    add()
      .exitOverride()
      .configureOutput({ outputError: () => {} }),
  );
}

process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit(process.exitCode ?? 0);
  throw error;
});

try {
  await program.parseAsync();
} catch (error) {
  if (!(error instanceof CommanderError)) throw error;
  if (error.exitCode === 0) process.exitCode = EXIT.clean;
  else {
    if (error.code === 'commander.help') process.stderr.write('');
    note(errorLine(new RearmError('USAGE', error.message.replace(/^error: /, ''), {}).toData()));
    process.exitCode = EXIT.usage;
  }
}
