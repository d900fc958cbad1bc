/**
 * Accepting a recovery, opening a store whose release two people signed, or one that was closed in order, recorded on a simulated disk:
 * every moment of it may be its last one, too. Of what was opened a process trades on.
 */

import { acceptRecovery } from '../main/engine/accept.ts';
import type { EngineConfig } from '../main/engine/config.ts';
import { openStore } from '../main/engine/open.ts';
import type { Platform } from '../main/engine/start.ts';
import { formatTime } from '../shared/units.ts';
import { type Damage, damaged, describeDamage } from './damage.ts';
import type { FileTree } from './file-tree.ts';
import { type Random, randomOf } from './model/random.ts';
import { type Operation, replayed } from './model/reference.ts';
import { type Due, Recorder } from './recorder.ts';
import { EVERYTHING, release } from './released.ts';
import { SteppedClock, SteppedScheduler } from './stepped.ts';
import { type Fault, SimulatedStorage } from './storage.ts';
import { trade } from './trading.ts';
import { configurationOf, LATER_BOOT, type Recording, ROOT, ROWS_MAX } from './workload.ts';

/** What a process does first on a disk that another one left. */
export type Act = 'accept' | 'release' | 'open';

export interface ActPlan {
  readonly act: Act;
  /** Of the seed's acts: the damage and the configuration follow from it. */
  readonly number: number;
  /** Files of tiers are damaged before. */
  readonly damage?: boolean | undefined;
  /** A call of the act that fails. */
  readonly fault?: Fault | undefined;
  /** Steps that are traded on what was opened. */
  readonly trades?: number | undefined;
}

/** What a process left. */
export interface Left {
  readonly seed: number;
  readonly tree: FileTree;
  /** Operations of the state that is recovered from it. */
  readonly lines: readonly Operation[];
  readonly acknowledged: number;
  readonly clock: SteppedClock;
  readonly powersafe: boolean;
  /** Of its workload. */
  readonly steps: number;
}

export interface Start extends Left {
  /** What was done to its files, in words. */
  readonly damages: readonly string[];
}

const BY = 'the simulation';

const accept = (platform: Platform) => acceptRecovery({ platform, root: ROOT, by: BY, segmentBytes: 65_536 });

/** What an acceptance adds to a history: told by nobody but the promise that it opens an epoch, halts and takes a checkpoint. */
function acceptance(lines: readonly Operation[], clock: SteppedClock): Operation[] {
  const time = formatTime(clock.wallNs());
  const { tables } = replayed(lines, { fillsMax: ROWS_MAX.fills });
  const reason = `${lines.at(-1)?.type === 'epoch.close' ? 'recovery accepted' : 'the engine died'}; accepted by ${BY}`;
  const intents: Due[] = [
    { type: 'epoch.open', epoch: 2, parent: 1, reason: 'accepted', time },
    ...(tables.risk.get('')?.halted === true ? [] : [{ type: 'risk.halt', reason, time }]),
    { type: 'root.mark', root: '0' },
  ];
  return intents.map((intent, i) => ({ lsn: lines.length + 1 + i, type: intent.type, time, intent }));
}

/** A recovery that was accepted, and released by two people, on another disk of the same contents. */
async function released(tree: FileTree, clock: SteppedClock): Promise<FileTree> {
  const storage = new SimulatedStorage({ tree: tree.copy() });
  await accept({ storage, clock, scheduler: new SteppedScheduler(clock), bootId: LATER_BOOT });
  release(storage, clock, EVERYTHING);
  return storage.tree;
}

const isOfTier = (path: string): boolean => /^\/store\/l[123]\//.test(path);

/** A bit of one file of a tier flipped, where it is not all zeros, or of each; or the file gone. */
function rotten(whole: FileTree, random: Random): { tree: FileTree; damages: string[] } {
  let tree = whole;
  const damages: string[] = [];
  const files = tree.files().filter((path) => isOfTier(path) && tree.bytes(path).length > 0);
  const chosen = random.chance(0.75) || files.length === 0 ? files : [random.pick(files)];
  for (const path of chosen) {
    const bytes = tree.bytes(path);
    const written = [...bytes.keys()].filter((offset) => bytes[offset] !== 0);
    const damage: Damage =
      random.chance(0.2) || written.length === 0
        ? { kind: 'deleted file', path }
        : { kind: 'bit', path, bit: random.pick(written) * 8 + random.below(8) };
    tree = damaged({ tree, earlier: new Map(), foreign: tree }, damage);
    damages.push(describeDamage(damage));
  }
  return { tree, damages };
}

/** The disk on which an act begins, and the operations of the state that is on it. */
export async function startOf({ act, number, damage }: ActPlan, left: Left): Promise<Start> {
  const clock = new SteppedClock(left.clock.wallNs());
  const opens = act === 'release';
  const lines = opens ? [...left.lines, ...acceptance(left.lines, clock)] : left.lines;
  const tree = opens ? await released(left.tree, clock) : left.tree;
  const start = { ...left, lines, clock, acknowledged: opens ? lines.length : left.acknowledged };
  return damage ? { ...start, ...rotten(tree, randomOf(left.seed, number, 53)) } : { ...start, tree, damages: [] };
}

const OPENING: Readonly<Record<Act, readonly Due[]>> = {
  accept: [],
  release: [{ type: 'epoch.open', reason: 'released' }, { type: 'risk.resume' }],
  open: [{ type: 'epoch.open', reason: 'restarted' }],
};

/** @param start as {@link startOf} made it */
export async function recordAct(plan: ActPlan, start: Start): Promise<Recording> {
  const { act, number, fault, trades = 0 } = plan;
  const { seed, tree, lines, acknowledged, powersafe, steps, damages } = start;
  // Not the life's own: other acts begin at the same time.
  const clock = new SteppedClock(start.clock.wallNs());
  const scheduler = new SteppedScheduler(clock);
  const recorder = new Recorder({ tree: tree.copy(), fault, opening: OPENING[act] });
  const platform: Platform = { storage: recorder.storage, clock, scheduler, bootId: LATER_BOOT };
  const config: EngineConfig = { ...configurationOf(randomOf(seed, number, 59)), frameAlignmentBytes: powersafe ? 8 : 4096 };
  const ended = await recorder.ended(async () => {
    if (act === 'accept') {
      const added = acceptance(lines, clock);
      // Which of its operations was written when does not matter: none of them may be invented, all before them must be there.
      for (const operation of added) recorder.events.push({ kind: 'submitted', operation });
      await accept(platform);
      recorder.acknowledged(lines.length + added.length);
      return;
    }
    const options = { platform, root: ROOT, config, observer: recorder.observer };
    const opened = await openStore({ ...options, random: (bytes) => new Uint8Array(bytes).fill(7) });
    const engine = opened.state === 'running' ? opened.engine : (await opened.store.tryRelease())?.engine;
    if (!engine) {
      if (act === 'release' && !fault && damages.length === 0) throw new Error('what two people released was not');
      return;
    }
    recorder.acknowledged(engine.durableLsn);
    const model = replayed(lines, { fillsMax: ROWS_MAX.fills });
    await trade({ seed, engine, recorder, model, clock, scheduler, from: steps, to: steps + trades });
    await engine.close();
    recorder.acknowledged(engine.durableLsn);
  });
  return {
    start: tree,
    before: { lines, acknowledged: Math.max(lines.length, acknowledged) },
    events: recorder.events,
    ...recorder.calls,
    ended,
    clock,
    bootId: LATER_BOOT,
    powersafe,
    wasDamaged: damages.length > 0 || !powersafe,
    damages,
  };
}
