/** Many seeds, side by side in threads: how much was judged, and what was not right. */

import type { CampaignRequest, CampaignTold } from './campaign-thread.ts';
import type { Verdict } from './judge.ts';
import { FAULT_CLASSES, type FaultClass } from './moments.ts';
import { overThreads } from './pool.ts';
import type { ProfileName } from './profile.ts';

export interface CampaignOptions {
  readonly profile: ProfileName;
  readonly from: number;
  readonly seeds: number;
  /** Stops at the first failure, and tells it as it was found. */
  readonly bail?: boolean | undefined;
  /** Threads; one per core where it is left out. */
  readonly threads?: number | undefined;
  readonly progress?: ((told: CampaignProgress) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}

export interface CampaignProgress {
  readonly seedsDone: number;
  readonly states: number;
  readonly failures: number;
  readonly words: string;
}

export type ClassCounts = Readonly<Record<'states' | 'right' | 'lost' | 'invented' | 'wrong' | 'refused' | 'crashed', number>>;

export interface CampaignFailure {
  readonly seed: number;
  readonly story: string;
}

export interface Campaign {
  /** Disks that were recovered and judged: distinct contents within a seed. One that was reached again with more promised of it is judged again, and not counted. */
  readonly states: number;
  /** Seeds that were judged to their end, or to their first failure. */
  readonly seeds: number;
  readonly lost: number;
  readonly invented: number;
  readonly wrong: number;
  /** Nothing was damaged, only cut: a refusal is a failure as well. */
  readonly refused: number;
  /** The recovery itself ended with a defect. */
  readonly crashed: number;
  readonly byFault: Readonly<Partial<Record<FaultClass, ClassCounts>>>;
  readonly failures: readonly CampaignFailure[];
  /** By seed: the same numbers in every run of the same seed, profile and commit. */
  readonly digests: Readonly<Record<string, string>>;
  readonly statesPerSecond: number;
  readonly seconds: number;
  readonly cancelled: boolean;
}

const VERDICTS: readonly Verdict[] = ['right', 'lost', 'invented', 'wrong', 'refused', 'crashed'];

export async function runCampaign({ profile, from, seeds, bail = false, threads, progress, signal }: CampaignOptions): Promise<Campaign> {
  const started = performance.now();
  const byFault = new Map<FaultClass, Record<keyof ClassCounts, number>>();
  const failures: CampaignFailure[] = [];
  const failed = new AbortController();
  const digests: Record<string, string> = {};
  let states = 0;
  let done = 0;
  const tell = (words: string): void => progress?.({ seedsDone: done, states, failures: failures.length, words });

  await overThreads<CampaignRequest, CampaignTold>({
    entry: './campaign-thread',
    threads,
    pieces: Array.from({ length: seeds }, (_, index) => ({ seed: from + index, profile, bail })),
    signal: AbortSignal.any([failed.signal, ...(signal ? [signal] : [])]),
    told: (told) => {
      if (told.kind === 'judged') {
        for (const [faultClass, verdict, count] of told.counts) {
          const sum = byFault.get(faultClass) ?? { states: 0, right: 0, lost: 0, invented: 0, wrong: 0, refused: 0, crashed: 0 };
          byFault.set(faultClass, sum);
          sum.states += count;
          sum[verdict] += count;
          states += count;
        }
      } else if (told.kind === 'done') {
        done += 1;
        digests[told.seed] = told.digest;
        if (told.story !== null) {
          failures.push({ seed: told.seed, story: told.story });
          if (bail) failed.abort();
        }
      }
      tell(told.kind === 'shrinking' ? `seed ${told.seed} failed: making its story short, attempt ${told.attempt}` : `seed ${told.seed}`);
      return told.kind === 'done';
    },
  });

  const seconds = (performance.now() - started) / 1000;
  const sum = (verdict: Verdict): number => [...byFault.values()].reduce((total, counts) => total + counts[verdict], 0);
  const [, lost, invented, wrong, refused, crashed] = VERDICTS.map(sum) as [number, number, number, number, number, number];
  return {
    states,
    seeds: done,
    lost,
    invented,
    wrong,
    refused,
    crashed,
    byFault: Object.fromEntries(FAULT_CLASSES.flatMap((name) => (byFault.has(name) ? [[name, byFault.get(name)!]] : []))),
    failures: failures.sort((a, b) => a.seed - b.seed),
    digests,
    statesPerSecond: Math.round(states / seconds),
    seconds: Math.round(seconds * 10) / 10,
    cancelled: signal?.aborted === true,
  };
}
