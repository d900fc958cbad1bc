/** Entry of a campaign's thread: one seed after the other, told as it goes; a failing one is made small. */

import { parentPort } from 'node:worker_threads';
import type { Verdict } from './judge.ts';
import type { FaultClass } from './moments.ts';
import { PROFILES, type ProfileName } from './profile.ts';
import { simulateSeed } from './seed.ts';
import { shrink } from './shrink.ts';

export interface CampaignRequest {
  readonly seed: number;
  readonly profile: ProfileName;
  readonly bail: boolean;
}

export type CampaignTold =
  | { readonly kind: 'judged'; readonly seed: number; readonly counts: readonly (readonly [FaultClass, Verdict, number])[] }
  | { readonly kind: 'shrinking'; readonly seed: number; readonly attempt: number }
  | { readonly kind: 'done'; readonly seed: number; readonly digest: string; readonly story: string | null };

const TELL_EVERY = 200;
const SHRINK_ATTEMPTS = 150;

const tell = (told: CampaignTold): void => parentPort!.postMessage(told);

// Errors are part of what is judged, by the thousand: their stacks cost more than what they tell.
Error.stackTraceLimit = 3;

parentPort!.on('message', async (request: CampaignRequest) => {
  try {
    await simulated(request);
  } catch (error) {
    // Of no disk that was judged: still this seed's, and a failure.
    tell({ kind: 'done', seed: request.seed, digest: '', story: `the simulation itself ended with ${(error as Error).stack ?? error}` });
  }
});

async function simulated({ seed, profile, bail }: CampaignRequest): Promise<void> {
  const counts = new Map<string, [FaultClass, Verdict, number]>();
  let untold = 0;
  const flush = (): void => {
    if (untold > 0) tell({ kind: 'judged', seed, counts: [...counts.values()] });
    counts.clear();
    untold = 0;
  };
  const { digest, failure } = await simulateSeed(seed, PROFILES[profile], {
    judged: (faultClass, verdict) => {
      const key = `${faultClass} ${verdict}`;
      const entry = counts.get(key) ?? [faultClass, verdict, 0];
      entry[2] += 1;
      counts.set(key, entry);
      untold += 1;
      if (untold >= TELL_EVERY) flush();
    },
  });
  flush();
  const shrunk =
    failure &&
    (await shrink(failure, { attempts: bail ? 0 : SHRINK_ATTEMPTS, progress: (attempt) => tell({ kind: 'shrinking', seed, attempt }) }));
  const story = shrunk && `${shrunk.stepsBefore} operations made ${shrunk.stepsAfter}\n${shrunk.story}`;
  tell({ kind: 'done', seed, digest, story });
}
