/** `rearm demo DIR` */

import { resolve } from 'node:path';
import { Command } from 'commander';
import { RearmError } from '../../../shared/errors.ts';
import { readDesk, runDemo, tellSimulator } from '../../demo/desk.ts';
import { action, EXIT, type Exit, note, Progress, print, printJson } from '../output.ts';

interface Options {
  readonly seed: string;
  readonly seconds: string;
  readonly acks?: string;
  readonly submissions?: string;
  readonly stop?: boolean;
  readonly json?: boolean;
}

export const demoCommand = (): Command =>
  new Command('demo')
    .description(
      'Runs the demo desk into DIR, crash included: two venues on loopback and a trading process that is killed in the middle of it. The venues go on until --stop.',
    )
    .argument('<dir>', 'directory to make; store/ and venues.json in it')
    .option('--seed <n>', 'same seed, same desk', '1')
    .option('--seconds <s>', 'how long it trades before it is killed', '6')
    .option('--acks <file>', 'acknowledgements, a JSON line each, as they arrive at the parent')
    .option('--submissions <file>', 'operations, a JSON line each, before they are handed to the engine')
    .option('--stop', 'end the venues of a desk that was run before')
    .option('--json', 'one JSON document on stdout')
    .action(action(run));

function numberOf(text: string, what: string, from: number, to: number): number {
  const value = Number(text);
  if (text.trim() === '' || !Number.isFinite(value) || value < from || value > to)
    throw new RearmError('USAGE', `${what} is ${text}, not a number from ${from} to ${to}`, {});
  return value;
}

async function run(directory: string, options: Options): Promise<Exit> {
  const root = resolve(directory);
  if (options.stop) {
    const desk = readDesk(root);
    if (!desk) throw new RearmError('NOT_FOUND', `there is no demo desk in ${root}`, { root });
    const stopped = await tellSimulator(desk.control, '/shutdown', {}).then(
      () => true,
      (error) => {
        if (error instanceof RearmError) throw error;
        return false;
      },
    );
    if (!stopped) note('The venues had ended already.');
    if (options.json) await printJson({ stopped });
    return EXIT.clean;
  }
  const seed = numberOf(options.seed, '--seed', 0, 4_294_967_295);
  const seconds = numberOf(options.seconds, '--seconds', 0.5, 3_600);
  const interrupt = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.once(signal, () =>
      interrupt.abort(
        new RearmError('CANCELLED', `${signal}: the demo desk was ended before its crash; ${root} is incomplete`, { signal }),
      ),
    );
  }
  const progress = new Progress();
  const demo = await runDemo(root, {
    seed,
    seconds,
    signal: interrupt.signal,
    acks: options.acks === undefined ? undefined : resolve(options.acks),
    submissions: options.submissions === undefined ? undefined : resolve(options.submissions),
    lasting: true,
    progress: (text, fraction) => progress.show(fraction, text),
  }).finally(() => progress.end());
  const result = {
    store: demo.paths.store,
    venueConfig: demo.paths.venueConfig,
    killedAtLsn: demo.killedAtLsn,
    crashedAt: demo.crashedAt,
    simulatorPid: demo.simulator.child.pid,
  };
  if (options.json) await printJson(result);
  else {
    await print(
      `The trading process was killed; ${demo.killedAtLsn} operations were acknowledged.\nstore   ${result.store}\nvenues  ${result.venueConfig}\n\nNext: rearm recover ${result.store}\n      rearm reconcile ${result.store} --venues ${result.venueConfig}\n      rearm demo ${root} --stop\n`,
    );
  }
  return EXIT.clean;
}
