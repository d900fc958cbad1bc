/**
 * Accepting what no copy holds whole: each of two slots has another page bad, and the log does not reach back. What is damaged may be set
 * aside only when the new epoch stands by itself.
 */

import { expect, test } from 'vitest';
import { Durability } from '../../simulation/durability.ts';
import type { FileTree } from '../../simulation/file-tree.ts';
import { SteppedClock, SteppedScheduler } from '../../simulation/stepped.ts';
import { type Fault, SimulatedStorage } from '../../simulation/storage.ts';
import { LATER_BOOT, ROOT } from '../../simulation/workload.ts';
import { recover } from '../cascade/recover.ts';
import { Rotting } from '../tiers/rotting.test-support.ts';
import { acceptRecovery } from './accept.ts';

const desk = await Rotting.create();
await desk.rounds(3);
await desk.work();
const ACKNOWLEDGED = Number(desk.engine.durableLsn);
const [newer, older] = desk.slots();
desk.rot(newer!);
desk.rot(older!, 'chunks');
for (const path of desk.tree.files()) if (/^\/store\/l[13]\//.test(path)) desk.tree.delete(path);
const NOW_NS = desk.clock.wallNs();

const recovered = (tree: FileTree) =>
  recover({ storage: new SimulatedStorage({ tree }), clock: new SteppedClock(NOW_NS), root: ROOT, bootId: LATER_BOOT }).report;

/** An acceptance on a disk of its own; what a killed process and a power cut leave behind it. */
async function accept(plan: { readonly fault?: Fault; readonly endAt?: number }) {
  const tree = desk.tree.copy();
  const disk = new Durability(tree);
  const storage = new SimulatedStorage({ tree, effect: (effect) => disk.apply(effect), ...plan });
  const clock = new SteppedClock(NOW_NS);
  const platform = { storage, clock, scheduler: new SteppedScheduler(clock), bootId: LATER_BOOT };
  const accepted = await acceptRecovery({ platform, root: ROOT, by: 'ada', segmentBytes: 65_536 }).then(
    () => true,
    () => false,
  );
  const pending = disk.pending();
  const cut = disk.after(
    pending,
    pending.map(() => 0),
  );
  return { accepted, calls: storage.calls, left: [tree, cut] };
}

test('it is salvaged, and recovers whole once it is accepted', async () => {
  expect(recovered(desk.tree)).toMatchObject({ outcome: 'salvaged', lsn: ACKNOWLEDGED });
  const { accepted, left } = await accept({});
  expect(accepted).toBe(true);
  for (const tree of left) expect(recovered(tree)).toMatchObject({ outcome: 'recovered', findings: [] });
});

test.each<[string, (at: number) => Parameters<typeof accept>[0]]>([
  ['dies in', (endAt) => ({ endAt })],
  ['fails once in', (at) => ({ fault: { at, error: 'EIO', sticky: false } })],
  ['fails for its kind from', (at) => ({ fault: { at, error: 'ENOSPC', sticky: 'kind' } })],
])('an acceptance that %s any of its calls loses nothing', async (_, planAt) => {
  for (let at = 1; ; at += 1) {
    const { accepted, calls, left } = await accept(planAt(at));
    for (const tree of left) {
      const { outcome, lsn, sentence } = recovered(tree);
      expect(['recovered', 'salvaged'], `call ${at}: ${sentence}`).toContain(outcome);
      expect(lsn, `call ${at}: ${sentence}`).toBeGreaterThanOrEqual(ACKNOWLEDGED);
      if (accepted) expect(outcome, `call ${at}: ${sentence}`).toBe('recovered');
    }
    if (calls < at) break;
  }
});
