/** All that is simulated for one seed: a life, a short life with every way that its disks can be cut, failing calls, acceptances. */

import { xxh64 } from '@node-rs/xxhash';
import { powerCuts } from './crashes.ts';
import { Durability } from './durability.ts';
import type { Verdict } from './judge.ts';
import { isClosed } from './life.ts';
import { randomOf } from './model/random.ts';
import { Course, type Failure, type FaultClass, judgeRecording } from './moments.ts';
import type { Profile } from './profile.ts';
import { DEATHS, Recordings, type Scenario } from './scenario.ts';
import type { CallKind } from './storage.ts';

export interface SeedFailure extends Failure {
  readonly scenario: Scenario;
}

export interface SeedResult {
  readonly seed: number;
  /** Disks that were judged, by fault class and verdict: each of them once. */
  readonly counts: Readonly<Partial<Record<FaultClass, Partial<Record<Verdict, number>>>>>;
  /** Over every disk and its verdict, in order: equal for two runs of the same seed and profile. */
  readonly digest: string;
  readonly failure: SeedFailure | null;
}

export interface SeedOptions {
  /** Where recordings come from; another one for trying the harness itself. */
  readonly recordings?: Recordings;
  readonly judged?: ((faultClass: FaultClass, verdict: Verdict) => void) | undefined;
  readonly cancelled?: (() => boolean) | undefined;
}

const ERRORS = ['EIO', 'ENOSPC', 'EACCES', 'EROFS', 'EMFILE', 'ENOENT', 'EDQUOT', 'EFBIG', 'ENOMEM', 'EINTR'] as const;
/** Once; from there on, for its kind; from there on, every call. */
const STICKY = [false, 'kind', 'all'] as const;
/** Copies into and out of a mapping cannot fail as a call. */
const NO_CALLS: ReadonlySet<CallKind> = new Set<CallKind>(['copyIn', 'copyOut']);

/** Of each of so many recordings, few cuts. */
const AFTER_EVERY_CALL = { exhaustive: 4, samples: 2 } as const;

/** Judges every disk of a seed; stops at the first failure. */
export async function simulateSeed(
  seed: number,
  profile: Profile,
  { recordings = new Recordings(), judged, cancelled }: SeedOptions = {},
): Promise<SeedResult> {
  const counts: Partial<Record<FaultClass, Partial<Record<Verdict, number>>>> = {};
  let digest = 0n;
  const run = async (scenario: Scenario, seen: Set<string>): Promise<SeedFailure | null> => {
    const recording = await recordings.of(scenario);
    if (!recording) return null;
    const failure = judgeRecording(recording, {
      seed,
      limits: scenario.limits,
      deaths: DEATHS[scenario.kind],
      seen,
      cancelled,
      judged: (faultClass, verdict, fingerprint) => {
        counts[faultClass] = { ...counts[faultClass], [verdict]: (counts[faultClass]?.[verdict] ?? 0) + 1 };
        digest = xxh64(`${digest} ${fingerprint} ${verdict}`);
        judged?.(faultClass, verdict);
      },
    });
    return failure && { ...failure, scenario };
  };
  const done = (failure: SeedFailure | null): SeedResult => ({ seed, counts, digest: digest.toString(16).padStart(16, '0'), failure });

  const seen = new Set<string>();
  const life = { kind: 'life', seed, steps: profile.steps, without: [], limits: profile.limits } as const;
  const small = { ...life, steps: profile.small.steps, limits: profile.small.limits };
  for (const scenario of [small, life]) {
    const failure = await run(scenario, seen);
    if (failure || cancelled?.()) return done(failure);
  }
  for (let n = 0; n < profile.errors; n += 1) {
    const failure = await run(await failing(recordings, life, n), seen);
    if (failure || cancelled?.()) return done(failure);
  }
  if (profile.everyCall) {
    const error = ERRORS[seed % ERRORS.length]!;
    const sticky = STICKY[Math.floor(seed / ERRORS.length) % STICKY.length]!;
    const { callKinds } = await recordings.life(small);
    const calls = callKinds.flatMap((kind, at) => (kind && !NO_CALLS.has(kind) ? [{ of: small, at }] : []));
    const sites = (await oneOfEachSite(recordings, life)).map((at) => ({ of: life, at }));
    for (const { of, at } of [...calls, ...sites]) {
      const failure = await run({ ...of, kind: 'error', fault: { at, error, sticky }, limits: AFTER_EVERY_CALL }, seen);
      if (failure || cancelled?.()) return done(failure);
    }
  }
  for (let n = 0; n < profile.acceptances; n += 1) {
    const failure = await run(await dying(recordings, life, n), seen);
    if (failure || cancelled?.()) return done(failure);
  }
  return done(null);
}

/** Of the calls of a life one for each thing that is done to each kind of file. */
async function oneOfEachSite(recordings: Recordings, life: Extract<Scenario, { kind: 'life' }>): Promise<number[]> {
  const random = randomOf(life.seed, 0, 47);
  const { callKinds, callSites } = await recordings.life(life);
  const bySite = new Map<string, number[]>();
  for (const [at, site] of callSites.entries()) {
    if (site === undefined || NO_CALLS.has(callKinds[at]!)) continue;
    const calls = bySite.get(site);
    if (calls) calls.push(at);
    else bySite.set(site, [at]);
  }
  return [...bySite.values()].map((calls) => random.pick(calls));
}

/** The n-th failing call of a seed. */
async function failing(recordings: Recordings, life: Extract<Scenario, { kind: 'life' }>, n: number): Promise<Scenario> {
  const random = randomOf(life.seed, n, 41);
  const { callKinds } = await recordings.life(life);
  const calls = callKinds.flatMap((kind, at) => (kind && !NO_CALLS.has(kind) ? [at] : []));
  // Kinds that are rare among the calls fail as often as the others.
  const kinds = [...new Set(calls.map((at) => callKinds[at]!))].sort();
  const kind = random.pick(kinds);
  const at = random.pick(calls.filter((call) => callKinds[call] === kind));
  return { ...life, kind: 'error', fault: { at, error: random.pick(ERRORS), sticky: random.pick(STICKY) } };
}

/**
 * The n-th disk of a seed on which a recovery is accepted; of a life that was closed in order the first is opened instead, and on the second
 * the accepted recovery is released.
 */
async function dying(recordings: Recordings, life: Extract<Scenario, { kind: 'life' }>, n: number): Promise<Scenario> {
  const random = randomOf(life.seed, n, 43);
  const recording = await recordings.life(life);
  const course = new Course(recording);
  const opened = n === 0 && isClosed(life.seed);
  const at = opened ? recording.events.length : 1 + random.below(recording.events.length);
  while (course.at < at) course.step();
  const pending = course.disk.pending();
  if (opened) return { ...life, kind: 'act', act: 'open', at, choices: Durability.choicesOf(pending).map((count) => count - 1) };
  const ways = [...powerCuts(pending, { exhaustive: 4, samples: 6 }, random)];
  return { ...life, kind: 'act', act: n === 1 ? 'release' : 'accept', at, choices: random.pick(ways) };
}
