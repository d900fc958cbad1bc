/** Accepting a recovery, recorded on a simulated disk: every moment of it may be its last one, too. */

import { acceptRecovery } from '../main/engine/accept.ts';
import { openLog, readOperations } from '../main/history/operations.ts';
import { intentToJson } from '../shared/model/json.ts';
import { formatTime } from '../shared/units.ts';
import type { FileTree } from './disk.ts';
import type { Event } from './event.ts';
import type { Operation } from './model/reference.ts';
import { SteppedScheduler } from './stepped.ts';
import { type CallKind, SimulatedStorage } from './storage.ts';
import { LATER_BOOT, type Recording, ROOT } from './workload.ts';

/**
 * @param tree what a process left
 * @param lines operations of the state that is recovered from it
 */
export async function recordAcceptance(tree: FileTree, lines: readonly Operation[], clock: Recording['clock']): Promise<Recording> {
  const effects: Event[] = [];
  const callKinds: CallKind[] = [];
  let call = '';
  const storage = new SimulatedStorage({
    tree: tree.copy(),
    called: ({ number, kind, path }) => {
      callKinds[number] = kind;
      call = `${kind} ${path}`;
    },
    effect: (effect) => effects.push({ kind: 'effect', effect, call }),
  });
  const platform = { storage, clock, scheduler: new SteppedScheduler(clock), bootId: LATER_BOOT };
  const { lsn } = await acceptRecovery({ platform, root: ROOT, by: 'the simulation', segmentBytes: 65_536 });
  const { calls } = storage;
  const submitted: Event[] = [];
  readOperations(openLog(storage, ROOT), lines.length + 1, lsn, (operation) => {
    const intent = intentToJson(operation.intent);
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
    events: [...submitted, ...effects, { kind: 'acknowledged', lsn }],
    calls,
    callKinds,
    ended: null,
    clock,
  };
}
