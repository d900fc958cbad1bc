/** The simulation itself: it covers every class of fault, repeats byte for byte, and finds a promise that is not kept. */

import { describe, expect, it } from 'vitest';
import { runCampaign } from './campaign.ts';
import type { Event } from './event.ts';
import { FAULT_CLASSES } from './moments.ts';
import { PROFILES } from './profile.ts';
import { Recordings, type Scenario } from './scenario.ts';
import { simulateSeed } from './seed.ts';
import { shrink } from './shrink.ts';
import type { Recording } from './workload.ts';

const PROFILE = process.env.REARM_PROFILE === 'long' ? 'long' : 'short';

describe('a campaign', () => {
  it(`of the ${PROFILE} profile: every class of fault, and nothing lost, invented, wrong or refused`, async () => {
    const campaign = await runCampaign({ profile: PROFILE, from: 1, seeds: PROFILES[PROFILE].seeds });
    console.log(
      `simulated: ${campaign.states} states of ${campaign.seeds} seeds, ${campaign.statesPerSecond} a second; lost ${campaign.lost}, invented ${campaign.invented}, wrong ${campaign.wrong}, refused ${campaign.refused}`,
    );
    expect(campaign.failures.map(({ story }) => story)).toEqual([]);
    expect(Object.keys(campaign.byFault)).toEqual([...FAULT_CLASSES]);
    expect(campaign.seeds).toBe(PROFILES[PROFILE].seeds);
  }, 7_200_000);

  it('that is stopped says how far it came', async () => {
    const ended = new AbortController();
    const campaign = await runCampaign({
      profile: 'short',
      from: 1,
      seeds: 1_000,
      signal: ended.signal,
      progress: ({ states }) => {
        if (states > 0) ended.abort();
      },
    });
    expect(campaign).toMatchObject({ cancelled: true });
    expect(campaign.states).toBeGreaterThan(0);
    expect(campaign.seeds).toBeLessThan(1_000);
  }, 60_000);
});

describe('a seed', () => {
  const tiny = { ...PROFILES.short, steps: 12, errors: 3, acts: 4, actErrors: 1 };

  it('gives the same disks and verdicts in every run, and another seed gives others', async () => {
    const [one, again, other] = [await simulateSeed(5, tiny), await simulateSeed(5, tiny), await simulateSeed(6, tiny)];
    expect(again).toEqual(one);
    expect(other.digest).not.toBe(one.digest);
  }, 60_000);
});

/** A disk on which no sync of the log does anything once the store is there, though each is reported done. */
class Forgetful extends Recordings {
  override async of(scenario: Scenario): Promise<Recording | null> {
    const recording = await super.of(scenario);
    if (!recording) return null;
    const there = recording.events.findIndex(({ kind }) => kind === 'acknowledged');
    const isSync = (event: Event): boolean => event.kind === 'effect' && event.effect.kind === 'sync' && event.call.includes('/wal/');
    return { ...recording, events: recording.events.filter((event, i) => i < there || !isSync(event)) };
  }
}

describe('a promise that is not kept', () => {
  it('is found, and told with the operations and the sectors that matter, and no others', async () => {
    const profile = { ...PROFILES.short, steps: 30, errors: 0, acts: 0 };
    const { failure } = await simulateSeed(3, profile, { recordings: new Forgetful() });
    // The engine notices by itself where another copy tells that there was more.
    expect(['lost', 'refused']).toContain(failure?.verdict);
    const shrunk = await shrink(failure!, { attempts: 60, recordings: new Forgetful() });
    expect(shrunk.failure.verdict).toBe(failure!.verdict);
    expect(shrunk.stepsAfter).toBeLessThan(5);
    expect(shrunk.story).toMatch(/^seed 3: power cut\n/);
    expect(shrunk.story).toMatch(/, acknowledged\n/);
    expect(shrunk.story).toMatch(/everything that was written survived, but:\n {4}sector \d+ of \/store\/wal\/\S+ lost\n/);
    expect(shrunk.story).toMatch(/\d acknowledged(: | operations? lost)/);
  }, 120_000);
});
