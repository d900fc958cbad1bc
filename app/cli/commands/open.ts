/** `rearm open STORE...` */

import { Command } from 'commander';
import { runConsole, targetsOf } from '../console.ts';
import { action, EXIT, type Exit } from '../output.ts';
import { colourOf } from './serve.ts';

interface Options {
  readonly venues?: string;
  readonly environment: string;
}

export const openCommand = (): Command =>
  new Command('open')
    .description('Opens the console in Electron; where its runtime or a display is missing, in the browser, with one line that says why.')
    .argument('<store...>', 'directories of stores')
    .option('--venues <file>', 'venue configuration (default: venues.json beside each store)')
    .option('--environment <name>', 'name that every screen shows', 'production')
    .action(action(run));

async function run(stores: readonly string[], options: Options): Promise<Exit> {
  await runConsole({
    stores: targetsOf(stores, options.venues),
    environment: { name: options.environment, colour: colourOf(options.environment) },
  });
  return EXIT.clean;
}
