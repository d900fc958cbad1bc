/** The tier thread ends: somebody is told, checkpoints are refused, and trading goes on. */

import fs from 'node:fs';
import { dirname } from 'node:path';
import type { Worker } from 'node:worker_threads';
import { expect, type TestContext, test } from 'vitest';
import { Desk } from '../../tests/support/desk.ts';

const NEVER = 86_400_000;
const ENDED = expect.objectContaining({ code: 'INTERNAL', message: 'the thread of the tiers has ended' });

async function traded(context: TestContext, commit: 'inline' | 'threaded') {
  const workers: Worker[] = [];
  const note = (worker: Worker) => void workers.push(worker);
  process.on('worker', note);
  const desk = await Desk.create({ real: true, config: { commit, tiers: 'thread', archive: false, l2Ms: NEVER, l3Ms: NEVER } });
  process.off('worker', note);
  context.onTestFinished(() => fs.rmSync(dirname(desk.root), { recursive: true, force: true }));
  let day = 0;
  const next = () => {
    day += 1;
    return { type: 'risk.day', day, time: 1n } as const;
  };
  await desk.engine.commit(next());
  // It is started first: the writer is given its port.
  return { desk, tiers: workers[0]!, next };
}

test.for(['inline', 'threaded'] as const)(
  'commits %s: what was asked of it rejects, commits go on, and the store is closed in order',
  async (commit, context) => {
    const { desk, tiers, next } = await traded(context, commit);
    const { engine } = desk;
    await engine.checkpoint();
    await tiers.terminate();
    expect(desk.alarms).toEqual([expect.stringMatching(/^INTERNAL the thread of the tiers ended/)]);
    for (let asked = 0; asked < 2; asked += 1) {
      await expect(engine.checkpoint()).rejects.toEqual(ENDED);
      await expect(engine.snapshot()).rejects.toEqual(ENDED);
      await engine.commit(next());
    }
    await engine.close();
    expect(desk.alarms).toHaveLength(1);
    expect(desk.recover().report).toMatchObject({ outcome: 'recovered', closedInOrder: true, lsn: engine.nextLsn - 1 });
  },
);

test.for(['inline', 'threaded'] as const)('commits %s: a checkpoint that is under way rejects', async (commit, context) => {
  const { desk, tiers } = await traded(context, commit);
  const ended = tiers.terminate();
  await expect(desk.engine.checkpoint()).rejects.toEqual(ENDED);
  await ended;
  await desk.engine.close();
});

test('a writer that waits for a checkpoint of it does not block a caller that waits for the writer', async (context) => {
  const { desk, tiers, next } = await traded(context, 'threaded');
  const { engine } = desk;
  void tiers.terminate();
  const asked = engine.checkpoint().catch((error) => error);
  // No event of the thread comes while this one is blocked, and the writer does nothing else before it knows.
  for (let commits = 0; commits < 3; commits += 1) engine.commitSync(next());
  expect(await asked).toEqual(ENDED);
  await engine.close();
});
