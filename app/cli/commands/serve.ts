/** `rearm serve STORE... [--port]` */

import { Command } from 'commander';
import { RearmError } from '../../../shared/errors.ts';
import { runConsole, targetsOf } from '../console.ts';
import { action, EXIT, type Exit } from '../output.ts';

interface Options {
  readonly port?: string;
  readonly venues?: string;
  readonly environment: string;
}

export const serveCommand = (): Command =>
  new Command('serve')
    .description('Serves the console on loopback, for a browser on this machine or through an SSH tunnel; runs until Ctrl-C.')
    .argument('<store...>', 'directories of stores')
    .option('--port <n>', 'port on 127.0.0.1 (default: any free one)')
    .option('--venues <file>', 'venue configuration (default: venues.json beside each store)')
    .option('--environment <name>', 'name that every screen shows', 'production')
    .action(action(run));

export function portOf(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const port = Number(text);
  if (!Number.isInteger(port) || port < 0 || port > 65_535) throw new RearmError('USAGE', `${text} is not a port`, { text });
  return port;
}

export const colourOf = (name: string): 'production' | 'test' | 'demo' =>
  name === 'demo' ? 'demo' : name === 'production' ? 'production' : 'test';

async function run(stores: readonly string[], options: Options): Promise<Exit> {
  await runConsole({
    stores: targetsOf(stores, options.venues),
    host: 'web',
    port: portOf(options.port),
    environment: { name: options.environment, colour: colourOf(options.environment) },
  });
  return EXIT.clean;
}
