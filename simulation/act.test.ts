/** What the acts of a few seeds come to: later epochs that fill, take and free what a first one does, damage on the way, calls that fail. */

import { expect, test } from 'vitest';
import { PROFILES } from './profile.ts';
import { Recordings, type Scenario } from './scenario.ts';
import { simulateSeed } from './seed.ts';
import type { Recording } from './workload.ts';

type ActScenario = Extract<Scenario, { kind: 'act' }>;

/** Acts are recorded, and nothing is judged. */
class OnlyActs extends Recordings {
  readonly acts: { readonly scenario: ActScenario; readonly recording: Recording }[] = [];

  override async of(scenario: Scenario): Promise<Recording | null> {
    const recording = scenario.kind === 'act' ? await super.of(scenario) : null;
    if (recording && scenario.kind === 'act') this.acts.push({ scenario, recording });
    return recording && { ...recording, events: [], ended: null };
  }
}

/** What nothing but a later epoch does, or nothing but an acceptance of what is damaged. */
const REACHED = ['remove wal/N-N.wal', 'remove l1/N.map', 'remove l2/N-a.slot', 'remove l2/N-b.slot', 'rename quarantine/l2-N-a.slot'];

test('the acts of a few seeds open, release and accept, damaged stores too, with failing calls, and trade on until files of earlier epochs are freed', async () => {
  const recordings = new OnlyActs();
  for (let seed = 1; seed <= 4; seed += 1) await simulateSeed(seed, PROFILES.short, { recordings });
  const { acts } = recordings;
  const sites = new Set(acts.flatMap(({ recording }) => recording.callSites));
  expect(REACHED.filter((site) => !sites.has(site))).toEqual([]);
  const kinds = acts.map(({ scenario, recording }) =>
    [scenario.act, recording.damages?.length && 'damaged', scenario.fault && 'failing', scenario.trades && 'trading']
      .filter(Boolean)
      .join(),
  );
  expect([...new Set(kinds)]).toEqual(
    expect.arrayContaining(['open', 'release', 'release,trading', 'accept,damaged', 'accept,damaged,failing']),
  );
  expect(acts.some(({ recording }) => !recording.powersafe)).toBe(true);
}, 60_000);
