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
import { EXIT, told } from './output.ts';
import { version } from './version.ts';

/** What is wrong is said once, in one line, below. */
const QUIET = { outputError: () => {}, writeErr: () => {} };

const program = new Command('rearm')
  .description('The recovery console of trading desks.')
  .version(version())
  .exitOverride()
  .configureOutput(QUIET)
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
  program.addCommand(add().exitOverride().configureOutput(QUIET));
}

process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit(process.exitCode ?? 0);
  process.exit(told(new RearmError('IO_FAILED', `could not write to standard output: ${error.code ?? error.message}`, {}, error)));
});

// A thing that goes wrong beside a command (a timer, a socket) is said as all others are, and ends it.
process.on('uncaughtException', (error) => process.exit(told(error)));

try {
  await program.parseAsync(process.argv, { from: 'node' });
} catch (error) {
  if (!(error instanceof CommanderError)) throw error;
  if (error.exitCode === 0) process.exitCode = EXIT.clean;
  else {
    const message = error.code === 'commander.help' ? 'no command was given' : error.message.replace(/^error: /, '');
    process.exitCode = told(new RearmError('USAGE', message, {}));
  }
}
