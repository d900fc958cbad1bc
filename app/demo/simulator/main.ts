/** The venue simulator as a process of its own: reads its options, opens its ports, says that it is ready, and waits for its end. */

import { renameSync, rmSync, writeFileSync } from 'node:fs';
import { type ProgramOptions, parseArguments, USAGE } from './arguments.ts';
import { Simulator } from './simulator.ts';

function readOptions(): ProgramOptions {
  try {
    return parseArguments(process.argv.slice(2));
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n${USAGE}\n`);
    process.exit(2);
  }
}

/** Whole or not at all: a reader never sees half a file. */
function writeConfiguration(path: string, configuration: unknown): void {
  const temporary = `${path}.${process.pid}.tmp`;
  rmSync(temporary, { force: true });
  writeFileSync(temporary, `${JSON.stringify(configuration, null, 2)}\n`, { mode: 0o600, flag: 'wx' });
  renameSync(temporary, path);
}

const options = readOptions();
const simulator = new Simulator(options.simulator);
await simulator.start();
const configuration = simulator.configuration();
if (options.configOut !== null) writeConfiguration(options.configOut, configuration);

let ending = false;
const end = (): void => {
  if (ending) return;
  ending = true;
  simulator.stop().then(
    () => process.exit(0),
    () => process.exit(1),
  );
};
simulator.onShutdown = end;
process.on('SIGTERM', end);
process.on('SIGINT', end);
if (options.withParent) {
  process.stdin.on('end', end).on('close', end).on('error', end);
  process.stdin.resume();
}

const venues = configuration.venues.map(({ name, dialect, origin, account, symbols }) => ({ name, dialect, origin, account, symbols }));
process.stdout.write(`${JSON.stringify({ ready: true, control: { origin: simulator.controlOrigin, token: simulator.token }, venues })}\n`);
