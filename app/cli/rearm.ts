#!/usr/bin/env node
/** The terminal: `rearm COMMAND`. One file per command under commands/. */

import '../bundled.ts';
import { Command, CommanderError } from 'commander';
import { RearmError } from '../../shared/errors.ts';
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

/** Each with all that it needs: the one that was named is loaded, and all of them where none was. */
const COMMANDS: Readonly<Record<string, () => Promise<() => Command>>> = {
  recover: async () => (await import('./commands/recover.ts')).recoverCommand,
  state: async () => (await import('./commands/state.ts')).stateCommand,
  wal: async () => (await import('./commands/wal.ts')).walCommand,
  verify: async () => (await import('./commands/verify.ts')).verifyCommand,
  venues: async () => (await import('./commands/venues.ts')).venuesCommand,
  reconcile: async () => (await import('./commands/reconcile.ts')).reconcileCommand,
  demo: async () => (await import('./commands/demo.ts')).demoCommand,
  serve: async () => (await import('./commands/serve.ts')).serveCommand,
  open: async () => (await import('./commands/open.ts')).openCommand,
  fuzz: async () => (await import('./commands/fuzz.ts')).fuzzCommand,
  sim: async () => (await import('./commands/sim.ts')).simCommand,
  sign: async () => (await import('./commands/sign.ts')).signCommand,
};

const named = process.argv[2] ?? '';
for (const load of Object.hasOwn(COMMANDS, named) ? [COMMANDS[named]!] : Object.values(COMMANDS))
  program.addCommand((await load())().exitOverride().configureOutput(QUIET));

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
