/**
 * The process that is killed: it makes or continues a store and trades on it until it dies.
 *
 * Every operation goes to the submissions file before the writer sees it; every acknowledgement goes to standard output as a line
 * with its LSN, as it comes. Both by synchronous writes: what was done before the kill is there after it.
 */

import fs from 'node:fs';
import { flushCompileCache } from 'node:module';
import { setImmediate as yieldToTimers } from 'node:timers/promises';
import { recover } from '../../main/cascade/recover.ts';
import { parseEngineConfig } from '../../main/engine/config.ts';
import { createStore } from '../../main/engine/create.ts';
import type { Submission } from '../../main/engine/engine.ts';
import { nativePlatform } from '../../main/engine/native-platform.ts';
import { startEngine } from '../../main/engine/start.ts';
import { storeLayout } from '../../main/store/layout.ts';
import { RearmError } from '../../shared/errors.ts';
import { intentFromJson } from '../../shared/model/json.ts';
import { Generator, type GeneratorOptions } from '../../simulation/model/generator.ts';
import { History } from '../../simulation/model/history.ts';
import { randomOf } from '../../simulation/model/random.ts';
import type { Operation } from '../../simulation/model/reference.ts';
import { lineOf } from '../../simulation/workload.ts';
import type { ConfigInput } from '../support/desk.ts';

export interface WorkerTask {
  readonly root: string;
  /** Lines are appended. */
  readonly submissions: string;
  /** Lines of the operations up to the present state; none for a new store. */
  readonly history: string | null;
  readonly seed: number;
  readonly firstStep: number;
  readonly config: ConfigInput;
  readonly generator: GeneratorOptions;
  readonly rowsMax: Readonly<Record<string, number>>;
  /** Of a machine that was started anew; this one's where it is left out. */
  readonly bootId?: string;
  /** A program under which it runs, with its arguments. */
  readonly under?: readonly string[];
}

const task = JSON.parse(process.argv[2]!) as WorkerTask;

function say(line: string): void {
  const bytes = Buffer.from(`${line}\n`);
  for (let done = 0; done < bytes.length; ) {
    try {
      done += fs.writeSync(1, bytes, done);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') throw error;
    }
  }
}

const file = fs.openSync(task.submissions, 'a');
const history = new History({ fillsMax: task.rowsMax.fills ?? 1_048_576 });
if (task.history)
  for (const line of fs.readFileSync(task.history, 'utf8').split('\n')) if (line !== '') history.add(JSON.parse(line) as Operation);
const model = history.at(history.lastLsn);

const waiting: Operation[] = [];
const observer = (submission: Submission): void => {
  const line = lineOf(submission);
  fs.writeSync(file, `${JSON.stringify(line)}\n`);
  waiting.push(line);
};
const follow = (): void => {
  for (const line of waiting.splice(0)) model.apply(line);
};

const platform = { ...nativePlatform, bootId: task.bootId ?? nativePlatform.bootId };
const config = parseEngineConfig(task.config);
const alarm = ({ code, text }: { code: string; text: string }) => say(`alarm ${code} ${text}`);

async function open() {
  if (!task.history) return createStore({ platform, root: task.root, name: 'crash', config, rowsMax: task.rowsMax, observer, alarm });
  // As a release by a valid token does it, without the token.
  const lock = platform.storage.lock(storeLayout(task.root).lock);
  const { report, image, identity, headHash, epoch } = recover({
    storage: platform.storage,
    clock: platform.clock,
    root: task.root,
    bootId: platform.bootId,
    brief: true,
  });
  if (report.outcome !== 'recovered' || report.lsn !== model.lsn)
    throw new Error(`the store is at LSN ${report.lsn}, not ${model.lsn}: ${report.sentence}`);
  const engine = await startEngine({
    platform,
    root: task.root,
    identity,
    config,
    lock,
    image: image!,
    observer,
    alarm,
    epoch: {
      epoch: epoch!.epoch + 1,
      parent: epoch!.epoch,
      forkLsn: report.lsn,
      forkHash: headHash,
      reason: 'released',
      createdNs: platform.clock.wallNs(),
      bootId: platform.bootId,
    },
  });
  await engine.commit({ type: 'risk.resume', dossier: 'd'.repeat(64), nonce: `n${report.lsn}`, time: platform.clock.wallNs() });
  return engine;
}

/** With the time at which it is known: whoever reads the line reads it later. */
const acknowledge = (lsn: number): void => say(`${lsn} ${process.hrtime.bigint()}`);

// It is killed, and would keep nothing at its end.
flushCompileCache();
say('opening');
const engine = await open();
say('ready');
const generator = new Generator(task.seed, task.generator);
const pending = new Set<Promise<void>>();
for (let step = task.firstStep; ; step += 1) {
  follow();
  const random = randomOf(task.seed, step, 99);
  const json = generator.intent(step, model, platform.clock.wallNs());
  try {
    const intent = intentFromJson(json);
    const how = random.next();
    if (how < 0.02) acknowledge(engine.commitSync(intent));
    else if (how < 0.2) {
      const acknowledged = engine.commit(intent).then(acknowledge);
      const settled = acknowledged.catch((error: unknown) => {
        if (!(error instanceof RearmError) || error.family === 'internal' || error.code === 'WRITER_POISONED') throw error;
      });
      pending.add(settled);
      void settled.finally(() => pending.delete(settled));
      if (random.chance(0.5) || pending.size > 32) await settled;
    } else if (how < 0.21) acknowledge(await engine.flush());
    else engine.post(intent);
  } catch (error) {
    if (!(error instanceof RearmError) || error.family === 'internal' || error.code === 'WRITER_POISONED') throw error;
    if (error.code === 'RING_FULL') await yieldToTimers();
  }
  if (step % 16 === 0) await yieldToTimers();
}
