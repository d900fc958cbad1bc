/**
 * `npm start`: the main job on the demo desk. Venues and trading process are started, traded on, the trading process is killed; then the
 * recovery is printed, the trading process is started again (it waits for the gate), and the console opens. Ctrl-C ends everything.
 */

import '../bundled.ts';
import type { ChildProcess } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { recover } from '../../main/cascade/recover.ts';
import { nativePlatform } from '../../main/engine/native-platform.ts';
import { errorData } from '../../shared/errors.ts';
import { type DeskPaths, deskPaths, readDesk, runDemo, type Simulator, startSimulator, startTrader } from '../demo/desk.ts';
import { projectRoot } from '../paths.ts';
import { runConsole } from './console.ts';
import { errorLine, note, Progress } from './output.ts';
import { describe } from './report.ts';

const ROOT = process.env.REARM_DEMO ?? join(projectRoot(), '.rearm', 'demo');
const SEED = Number(process.env.REARM_SEED ?? '1');
const SECONDS = 5;

/** A trading process that dies sooner than this has a reason that another one would find too. */
const LIVES_MS = 2_000;

const children: ChildProcess[] = [];
let ending = false;
// Ctrl-C reaches the children too: that they end then is no news.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
  process.on(signal, () => {
    ending = true;
  });

/** Ends what was started, the trading process in order, and waits for it. */
async function endAll(): Promise<void> {
  ending = true;
  await Promise.all(
    children.map(
      (child) =>
        new Promise<void>((resolve) => {
          if (child.exitCode !== null || child.signalCode !== null) return resolve();
          child.once('exit', () => resolve());
          child.kill('SIGTERM');
          setTimeout(() => child.kill('SIGKILL'), 5_000).unref();
        }),
    ),
  );
}

/** The desk as it was left, with its venues running again; or a new one, up to its crash. */
async function desk(): Promise<{ paths: DeskPaths; simulator: Simulator }> {
  const paths = deskPaths(ROOT);
  if (existsSync(join(paths.store, 'store.json'))) {
    note(`The store of the last start is there: ${paths.store}. (Remove ${ROOT} for a new desk.)`);
    const simulator = await startSimulator(paths, readDesk(ROOT)?.seed ?? SEED, false);
    children.push(simulator.child);
    return { paths, simulator };
  }
  const progress = new Progress();
  note('Starting the demo desk: two venues and a trading process.');
  const demo = await runDemo(ROOT, {
    seed: SEED,
    seconds: SECONDS,
    lasting: false,
    progress: (text, fraction) => progress.show(fraction, text),
  });
  progress.end();
  children.push(demo.simulator.child);
  note(`The trading process was killed with SIGKILL after ${demo.killedAtLsn} acknowledged operations. The venues go on.`);
  return { paths: demo.paths, simulator: demo.simulator };
}

async function main(): Promise<void> {
  const { paths } = await desk();
  supervise(paths);
  const report = printReport(paths);
  await runConsole({ stores: [{ path: paths.store, venues: paths.venueConfig }], environment: { name: 'DEMO', colour: 'demo' } });
  await report;
}

/** A trading process that waits for the gate; when it ends, another one takes its place, as under a supervisor of services. */
function supervise(paths: DeskPaths): void {
  const startedMs = Date.now();
  const { child } = startTrader(paths, SEED, {}, (message) => {
    if (message.state === 'trading') note(`The trading process trades again, epoch ${String(message.epoch)}.`);
  });
  children.push(child);
  child.once('exit', (code, signal) => {
    const again = Date.now() - startedMs > LIVES_MS;
    // It may have met the same Ctrl-C a moment before this process did.
    setTimeout(() => {
      if (ending) return;
      const next = again ? 'Another one takes its place, and waits for a release where it has to.' : 'It is not started again.';
      note(`The trading process ended (${signal ?? `status ${code}`}). ${next}`);
      if (again) supervise(paths);
    }, 200);
  });
}

/** The same report as text, so that a terminal alone is enough. */
async function printReport(paths: DeskPaths): Promise<void> {
  const { storage, clock, bootId } = nativePlatform;
  try {
    process.stdout.write(`\n${describe(recover({ storage, clock, root: paths.store, bootId }).report)}\n\n`);
  } catch (error) {
    note(errorLine(errorData(error)));
  }
}

try {
  await main();
} catch (error) {
  note(errorLine(errorData(error)));
  process.exitCode = 2;
} finally {
  await endAll();
}
process.exit();
