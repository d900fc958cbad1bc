import { expect, test } from 'vitest';
import { record } from './life.ts';
import { PROFILES } from './profile.ts';

/** What a life must do so that every sync, rename and removal of the engine is among the boundaries at which it dies. */
const REACHED = [
  'create wal/N-N.wal',
  'allocate wal/N-N.wal',
  'sync wal/N-N.wal',
  'remove wal/N-N.wal',
  'write l1/N.map',
  'grow l1/N.map',
  'write l2/N-a.slot',
  'sync l2/N-a.slot',
  'write l2/N-b.slot',
  'sync l2/N-b.slot',
  'sync l3/N-N.snapshot.tmp',
  'rename l3/N-N.snapshot',
  'remove l3/N-N.snapshot',
  'syncDirectory l3',
  'syncDirectory wal',
  'syncDirectory lineage',
  'rename store.json',
];

test('the lives of a few seeds fill, prepare and free segments, take every tier, replace snapshots; some end in order', async () => {
  const sites = new Set<string>();
  let [segments, closed] = [0, 0];
  for (let seed = 1; seed <= 8; seed += 1) {
    const { callSites, events, ended } = await record({ seed, steps: PROFILES.long.steps });
    expect(ended, `seed ${seed}`).toBeNull();
    for (const site of callSites) if (site !== undefined) sites.add(site);
    segments = Math.max(segments, callSites.filter((site) => site === 'create wal/N-N.wal').length);
    if (events.some((event) => event.kind === 'submitted' && event.operation.type === 'epoch.close')) closed += 1;
  }
  expect(REACHED.filter((site) => !sites.has(site))).toEqual([]);
  expect(segments).toBeGreaterThanOrEqual(3);
  expect(closed).toBe(4);
});
