/** Accepting a recovery, or opening a store that was closed in order, recorded on a simulated disk: every moment of it may be its last one, too. */

import { acceptRecovery } from '../main/engine/accept.ts';
import { parseEngineConfig } from '../main/engine/config.ts';
import { openStore } from '../main/engine/open.ts';
import type { Platform } from '../main/engine/start.ts';
import { openLog, readOperations } from '../main/history/operations.ts';
import { intentToJson } from '../shared/model/json.ts';
import { formatTime } from '../shared/units.ts';
import type { FileTree } from './disk.ts';
import type { Event } from './event.ts';
import type { Operation } from './model/reference.ts';
import { SteppedScheduler } from './stepped.ts';
import { type CallKind, SimulatedStorage } from './storage.ts';
import { LATER_BOOT, type Recording, ROOT, siteOf } from './workload.ts';

/** What a process does first on a disk that another one left. */
export type Act = 'accept' | 'open';

/** Past every LSN: the rest of a log that nobody writes any more. */
const EVERY_LSN = Number.MAX_SAFE_INTEGER;

async function perform(act: Act, platform: Platform): Promise<void> {
  if (act === 'accept') {
    await acceptRecovery({ platform, root: ROOT, by: 'the simulation', segmentBytes: 65_536 });
    return;
  }
  const config = parseEngineConfig({ tiers: 'inline', archive: false, segmentBytes: 65_536 });
  const opened = await openStore({ platform, root: ROOT, config, random: (bytes) => new Uint8Array(bytes).fill(7) });
  if (opened.state === 'running') await opened.engine.close();
}

/**
 * @param tree what a process left
 * @param lines operations of the state that is recovered from it
 */
export async function recordAct(act: Act, tree: FileTree, lines: readonly Operation[], clock: Recording['clock']): Promise<Recording> {
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
  const submitted: Event[] = [];
  let acknowledged = lines.length;
  readOperations(openLog(storage, ROOT), lines.length + 1, EVERY_LSN, (operation) => {
    const intent = intentToJson(operation.intent);
    acknowledged = operation.lsn;
    submitted.push({
      kind: 'submitted',
      operation: {
        lsn: operation.lsn,
        type: intent.type,
        class: operation.posted ? 'post' : 'commit',
        time: formatTime(operation.timeNs),
        intent,
      },
    });
    return undefined;
  });
  return {
    start: tree,
    before: { lines, acknowledged: lines.length },
    // Which of its operations was written when does not matter: none of them may be invented, all before them must be there.
    events: [...submitted, ...effects, { kind: 'acknowledged', lsn: acknowledged }],
    calls,
    callKinds,
    callSites,
    ended: null,
    clock,
    bootId: LATER_BOOT,
    powersafe: true,
  };
}
