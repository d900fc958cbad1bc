/**
 * Accepting a recovery, opening a store whose release two people signed, or one that was closed in order, recorded on a simulated disk:
 * every moment of it may be its last one, too.
 */

import { acceptRecovery } from '../main/engine/accept.ts';
import { parseEngineConfig } from '../main/engine/config.ts';
import { openStore } from '../main/engine/open.ts';
import type { Platform } from '../main/engine/start.ts';
import { openLog, readOperations } from '../main/history/operations.ts';
import type { Event } from './event.ts';
import type { FileTree } from './file-tree.ts';
import type { Operation } from './model/reference.ts';
import { release } from './released.ts';
import { SteppedClock, SteppedScheduler } from './stepped.ts';
import { type CallKind, SimulatedStorage } from './storage.ts';
import { LATER_BOOT, lineOf, type Recording, ROOT, siteOf } from './workload.ts';

/** What a process does first on a disk that another one left. */
export type Act = 'accept' | 'release' | 'open';

/** Past every LSN: the rest of a log that nobody writes any more. */
const EVERY_LSN = Number.MAX_SAFE_INTEGER;

async function perform(act: Act, platform: Platform): Promise<void> {
  if (act === 'accept') {
    await acceptRecovery({ platform, root: ROOT, by: 'the simulation', segmentBytes: 65_536 });
    return;
  }
  const config = parseEngineConfig({ tiers: 'inline', archive: false, segmentBytes: 65_536 });
  const opened = await openStore({ platform, root: ROOT, config, random: (bytes) => new Uint8Array(bytes).fill(7) });
  const engine = opened.state === 'running' ? opened.engine : (await opened.store.tryRelease())?.engine;
  if (act === 'release' && !engine) throw new Error('what two people released was not');
  await engine?.close();
}

/** A recovery that was accepted, and released by two people, on another disk of the same contents. */
async function released(tree: FileTree, clock: SteppedClock): Promise<FileTree> {
  const storage = new SimulatedStorage({ tree: tree.copy() });
  await perform('accept', { storage, clock, scheduler: new SteppedScheduler(clock), bootId: LATER_BOOT });
  release(storage, clock);
  return storage.tree;
}

function operationsFrom(storage: SimulatedStorage, lsn: number): Operation[] {
  const operations: Operation[] = [];
  readOperations(openLog(storage, ROOT), lsn, EVERY_LSN, (operation) => {
    operations.push(lineOf(operation));
    return undefined;
  });
  return operations;
}

/**
 * @param found what a process left
 * @param recovered operations of the state that is recovered from it
 */
export async function recordAct(act: Act, found: FileTree, recovered: readonly Operation[], life: Recording['clock']): Promise<Recording> {
  // Not the life's own: other acts begin at the same time.
  const clock = new SteppedClock(life.wallNs());
  const tree = act === 'release' ? await released(found, clock) : found;
  const lines = act === 'release' ? [...recovered, ...operationsFrom(new SimulatedStorage({ tree }), recovered.length + 1)] : recovered;
  const effects: Event[] = [];
  const callKinds: CallKind[] = [];
  const callSites: string[] = [];
  let call = '';
  const storage = new SimulatedStorage({
    tree: tree.copy(),
    called: ({ number, kind, path }) => {
      callKinds[number] = kind;
      callSites[number] = siteOf(kind, path);
      call = `${kind} ${path}`;
    },
    effect: (effect) => effects.push({ kind: 'effect', effect, call }),
  });
  await perform(act, { storage, clock, scheduler: new SteppedScheduler(clock), bootId: LATER_BOOT });
  const { calls } = storage;
  const added = operationsFrom(storage, lines.length + 1);
  return {
    start: tree,
    before: { lines, acknowledged: lines.length },
    // Which of its operations was written when does not matter: none of them may be invented, all before them must be there.
    events: [
      ...added.map((operation) => ({ kind: 'submitted' as const, operation })),
      ...effects,
      { kind: 'acknowledged', lsn: lines.length + added.length },
    ],
    calls,
    callKinds,
    callSites,
    ended: null,
    clock,
    bootId: LATER_BOOT,
    powersafe: true,
  };
}
