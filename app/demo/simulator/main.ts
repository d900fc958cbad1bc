/** The venue simulator as a process of its own: reads its options, opens its ports, says that it is ready, and waits for its end. */

import { renameSync, rmSync, writeFileSync } from 'node:fs';
import { type ProgramOptions, parseArguments, USAGE } from './arguments.ts';
import { isRunning } from './server/control.ts';
import { Simulator, type WorldFacts } from './simulator.ts';
import { StateFile } from './state-file.ts';

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

/** For a state file that cannot be read, does not belong here, or cannot be written. */
function refuseState(error: unknown): never {
  const [message] = (error instanceof Error ? error.message : String(error)).split('\n');
  process.stderr.write(`state file ${options.stateFile}: ${message}\n`);
  process.exit(2);
}

async function open(): Promise<Simulator> {
  if (file === null) return new Simulator(options.simulator);
  try {
    const saved = file.read();
    if (saved !== null && (await isRunning(saved.facts.ports[0]!, saved.facts.token))) {
      throw new RangeError(`its simulator is still running, control port ${saved.facts.ports[0]}`);
    }
    return new Simulator(options.simulator, saved);
  } catch (error) {
    refuseState(error);
  }
}

const options = readOptions();
const file = options.stateFile === null ? null : new StateFile<WorldFacts>(options.stateFile);
const simulator = await open();
await simulator.start();
await file?.save(simulator.state(false)).catch(refuseState);
file?.keep(() => simulator.state(false));
const configuration = simulator.configuration();
if (options.configOut !== null) writeConfiguration(options.configOut, configuration);

let ending = false;
const end = (): void => {
  if (ending) return;
  ending = true;
  stop().then(
    () => process.exit(0),
    (error: unknown) => {
      process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
      process.exit(1);
    },
  );
};
/** Nobody is served any more when the state is saved for the last time. */
async function stop(): Promise<void> {
  await simulator.stop();
  await file?.end();
  await file?.save(simulator.state(true));
}
simulator.onShutdown = end;
process.on('SIGTERM', end);
process.on('SIGINT', end);
if (options.withParent) {
  process.stdin.on('end', end).on('close', end).on('error', end);
  process.stdin.resume();
}

const venues = configuration.venues.map(({ name, dialect, origin, account, symbols }) => ({ name, dialect, origin, account, symbols }));
process.stdout.write(`${JSON.stringify({ ready: true, control: { origin: simulator.controlOrigin, token: simulator.token }, venues })}\n`);
