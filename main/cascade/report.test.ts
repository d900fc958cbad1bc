/** What a report says of a log that is damaged, of one that ends before the state that a tier holds, and of what was acknowledged and is gone. */

import { expect, test } from 'vitest';
import { FileTree } from '../../simulation/file-tree.ts';
import { SteppedClock, SteppedScheduler } from '../../simulation/stepped.ts';
import { SimulatedStorage } from '../../simulation/storage.ts';
import { BOOT, ROOT, ROWS_MAX } from '../../simulation/workload.ts';
import { parseEngineConfig } from '../engine/config.ts';
import { createStore } from '../engine/create.ts';
import { mappedFileName, storeLayout } from '../store/layout.ts';
import { mappedSlotAt } from '../tiers/mapped.ts';
import { SEGMENT_HEADER_BYTES, segmentName } from '../wal/segment.ts';
import { recover } from './recover.ts';

const LAYOUT = storeLayout(ROOT);
const SEGMENT = `${LAYOUT.wal}/${segmentName(1, 1)}`;
const L1 = `${LAYOUT.l1}/${mappedFileName(1)}`;
const NEVER_MS = 86_400_000;
const LAST = 12;

/** A store whose process died after so many operations, each in a frame of its own; only L1 has a copy of it. Where its last frames begin. */
async function dead() {
  const clock = new SteppedClock();
  const tree = new FileTree();
  const ends: number[] = [];
  const storage = new SimulatedStorage({
    tree,
    effect: (effect) => {
      if (
        effect.kind === 'write' &&
        effect.inode === tree.entries.get(SEGMENT) &&
        effect.position >= SEGMENT_HEADER_BYTES &&
        ends.length < 100
      )
        ends.push(effect.position);
    },
  });
  const engine = await createStore({
    platform: { storage, clock, scheduler: new SteppedScheduler(clock), bootId: BOOT },
    root: ROOT,
    name: 'desk',
    rowsMax: ROWS_MAX,
    config: parseEngineConfig({ commit: 'inline', tiers: 'inline', archive: false, l1Ms: 1, l2Ms: NEVER_MS, markMs: NEVER_MS }),
  });
  while (engine.durableLsn < LAST) {
    await engine.commit({ type: 'risk.day', day: Number(engine.durableLsn), time: 1n });
    clock.pass(5_000_000n);
  }
  /** Its state in L2 as well, with the root that is marked for it. */
  const checkpoint = () => engine.checkpoint();
  const look = () => recover({ storage: new SimulatedStorage({ tree }), clock, root: ROOT, bootId: BOOT }).report;
  const write = (path: string, at: number, bytes: Uint8Array) => tree.write(tree.entries.get(path) as number, at, bytes);
  return { tree, look, write, checkpoint, frameAt: (lsn: number) => ends[lsn - 1]! };
}

test('a log that is damaged is told with the place, and what was acknowledged behind it with its LSNs', async () => {
  const { tree, look, write, frameAt } = await dead();
  expect(look()).toMatchObject({ outcome: 'recovered', lsn: LAST, findings: [] });
  const at = frameAt(9) + 90;
  write(SEGMENT, at, Uint8Array.of(tree.bytes(SEGMENT)[at]! ^ 1));
  // The acknowledged LSN stays; the copies go.
  for (const slot of [0, 1] as const) write(L1, mappedSlotAt(slot), new Uint8Array(256));
  const report = look();
  expect(report).toMatchObject({ outcome: 'refused', lsn: 8, lostAcknowledged: LAST - 8 });
  const file = `wal/${segmentName(1, 1)}`;
  expect(report.findings).toContainEqual(
    expect.objectContaining({ code: 'LOG_DAMAGED', severity: 'damage', lsn: 9, file, offset: frameAt(9) }),
  );
  const lost = expect.objectContaining({
    code: 'ACKNOWLEDGED_LOST',
    severity: 'critical',
    lsn: 9,
    message: expect.stringContaining(`LSN 9 to ${LAST}`),
  });
  expect(report.findings).toContainEqual(lost);
});

test('a log that ends before the state of a tier is told: only the tier holds what comes after', async () => {
  const { tree, look, write, checkpoint, frameAt } = await dead();
  await checkpoint();
  write(SEGMENT, frameAt(9), new Uint8Array(tree.bytes(SEGMENT).length - frameAt(9)));
  const report = look();
  expect(report).toMatchObject({ outcome: 'recovered', lsn: LAST + 1 });
  expect(report.findings).toContainEqual(expect.objectContaining({ code: 'LOG_BEHIND_BASE', severity: 'warning', lsn: 8 }));
});
