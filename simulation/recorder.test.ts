import { expect, test } from 'vitest';
import type { Submission } from '../main/engine/engine.ts';
import type { Intent } from '../shared/model/operations.ts';
import { FileTree } from './file-tree.ts';
import { type Due, Recorder } from './recorder.ts';

const OPENING: readonly Due[] = [{ type: 'epoch.open', reason: 'created' }];
const OPEN: Intent = { type: 'epoch.open', epoch: 1, parent: 0, reason: 'created', time: 1n };
const MARK: Intent = { type: 'root.mark', root: 1n };
const DAY: Intent = { type: 'risk.day', day: 20260101, time: 1n };

/** What ended a process whose engine submits these, asked for some of them. */
async function ended(intents: readonly Intent[], asked: readonly Intent[] = []): Promise<string | undefined> {
  const recorder = new Recorder({ tree: new FileTree(), opening: OPENING });
  const error = await recorder.ended(async () => {
    for (const [i, intent] of intents.entries()) {
      recorder.asked = asked.includes(intent) ? intent : null;
      recorder.observer({ lsn: i + 1, posted: false, timeNs: 1n, intent } satisfies Submission);
    }
  });
  return error?.message;
}

test('an engine submits its opening first, then what it is asked for and what is its own', async () => {
  expect(await ended([OPEN, MARK, DAY, MARK], [DAY])).toBeUndefined();
});

test.each([
  ['what nobody asked for', [OPEN, DAY], 2],
  ['another opening', [{ ...OPEN, reason: 'accepted' } as Intent], 1],
  ['something before its opening', [MARK, OPEN], 1],
  ['a second opening', [OPEN, OPEN], 2],
])('an engine that submits %s is told', async (_, intents, lsn) => {
  expect(await ended(intents)).toMatch(new RegExp(`^the engine submitted what nobody asked for, LSN ${lsn}: `));
});
