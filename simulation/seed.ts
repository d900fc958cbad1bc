/** All that is simulated for one seed: a life, a short life with every way that its disks can be cut, failing calls, acts on the disks that it leaves. */

import { xxh64 } from '@node-rs/xxhash';
import { powerCuts } from './crashes.ts';
import { Durability } from './durability.ts';
import type { Event } from './event.ts';
import type { Verdict } from './judge.ts';
import { isClosed } from './life.ts';
import { type Random, randomOf } from './model/random.ts';
import { Course, type Failure, type FaultClass, judgeRecording } from './moments.ts';
import type { Profile } from './profile.ts';
import { DEATHS, Recordings, type Scenario } from './scenario.ts';
import type { CallKind } from './storage.ts';
import type { Recording } from './workload.ts';

export interface SeedFailure extends Failure {
  readonly scenario: Scenario;
}

export interface SeedResult {
  readonly seed: number;
  /** Disks that were judged, by fault class and verdict: each of them once, however often it was judged. */
  readonly counts: Readonly<Partial<Record<FaultClass, Partial<Record<Verdict, number>>>>>;
  /** Over every verdict and its disk, in order: equal for two runs of the same seed and profile. */
  readonly digest: string;
  readonly failure: SeedFailure | null;
}

export interface SeedOptions {
  /** Where recordings come from; another one for trying the harness itself. */
  readonly recordings?: Recordings;
  /** Told of every disk that counts: none twice, but where it is not right. */
  readonly judged?: ((faultClass: FaultClass, verdict: Verdict) => void) | undefined;
  readonly cancelled?: (() => boolean) | undefined;
}

type LifeScenario = Extract<Scenario, { kind: 'life' }>;

const ERRORS = ['EIO', 'ENOSPC', 'EACCES', 'EROFS', 'EMFILE', 'ENOENT', 'EDQUOT', 'EFBIG', 'ENOMEM', 'EINTR'] as const;
/** Once; from there on, for its kind; from there on, every call. */
const STICKY = [false, 'kind', 'all'] as const;
/** Copies into and out of a mapping cannot fail as a call. */
const NO_CALLS: ReadonlySet<CallKind> = new Set<CallKind>(['copyIn', 'copyOut']);
/** Calls after which nothing on the disk is other than before, and how they fail: no disk is too full to be read. */
const LOOKS: ReadonlySet<CallKind> = new Set<CallKind>(['open', 'size', 'read', 'exists', 'isDirectory', 'list', 'lock', 'isLocked']);
const ERRORS_OF_LOOKS = ['EIO', 'EMFILE', 'ENOMEM', 'EACCES', 'EINTR'] as const;

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
      judged: (faultClass, verdict, fingerprint, again) => {
        digest = xxh64(`${digest} ${fingerprint} ${verdict}`);
        if (again && verdict === 'right') return;
        counts[faultClass] = { ...counts[faultClass], [verdict]: (counts[faultClass]?.[verdict] ?? 0) + 1 };
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
    const sites = oneOfEachSite(await recordings.life(life), randomOf(seed, 0, 47)).map((at) => ({ of: life, at }));
    for (const { of, at } of [...calls, ...sites]) {
      const failure = await run({ ...of, kind: 'error', fault: { at, error, sticky }, limits: AFTER_EVERY_CALL }, seen);
      if (failure || cancelled?.()) return done(failure);
    }
  }
  for (let n = 0; n < profile.acts; n += 1) {
    for (const scenario of await acting(recordings, life, profile, n)) {
      const failure = await run(scenario, seen);
      if (failure || cancelled?.()) return done(failure);
    }
  }
  return done(null);
}

/** Of the calls of a recording one for each thing that is done to each kind of file. */
function oneOfEachSite({ callKinds, callSites }: Recording, random: Random): number[] {
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
async function failing(recordings: Recordings, life: LifeScenario, n: number): Promise<Scenario> {
  const random = randomOf(life.seed, n, 41);
  const { callKinds } = await recordings.life(life);
  const calls = callKinds.flatMap((kind, at) => (kind && !NO_CALLS.has(kind) ? [at] : []));
  // Kinds that are rare among the calls fail as often as the others.
  const kinds = [...new Set(calls.map((at) => callKinds[at]!))].sort();
  const kind = random.pick(kinds);
  const at = random.pick(calls.filter((call) => callKinds[call] === kind));
  return { ...life, kind: 'error', fault: { at, error: random.pick(ERRORS), sticky: random.pick(STICKY) } };
}

/** Of a life that frees nothing of its log: what is younger has few pages to be damaged. */
const OLD = 0.6;
/** From here on the log alone does not make up for what is damaged in the tiers. */
const freesLog = (event: Event): boolean => event.kind === 'effect' && event.effect.kind === 'remove' && event.effect.path.endsWith('.wal');

/**
 * The n-th disk of a seed on which a recovery is accepted, with each failing call; of every four the first is opened where its life was
 * closed in order, on the second the accepted recovery is released, the third has damaged files, in the fourth calls fail; past those four,
 * one as well as another.
 */
async function acting(recordings: Recordings, life: LifeScenario, { trades, actErrors }: Profile, n: number): Promise<Scenario[]> {
  const random = randomOf(life.seed, n, 43);
  const recording = await recordings.life(life);
  const course = new Course(recording);
  const turn = n % 4;
  const opens = turn === 0 && isClosed(life.seed);
  const act = opens ? 'open' : turn === 1 ? 'release' : 'accept';
  // What is damaged is not opened.
  const damage = turn === 2 || (!opens && n >= 3 && random.chance(0.4));
  const fails = turn === 3 || (n > 3 && random.chance(0.3));
  const { length } = recording.events;
  const freed = recording.events.findIndex(freesLog);
  const young = damage && freed >= 0 ? freed : damage || act === 'release' ? Math.floor(length * OLD) : 0;
  const at = opens ? length : 1 + young + random.below(length - young);
  while (course.at < at) course.step();
  const pending = course.disk.pending();
  // Of damaged files half are whole otherwise.
  const choices =
    opens || (damage && random.chance(0.5))
      ? Durability.choicesOf(pending).map((count) => count - 1)
      : random.pick([...powerCuts(pending, { exhaustive: 4, samples: 6 }, random)]);
  const traded = act !== 'accept' && random.chance(0.75) ? trades : 0;
  const whole: Scenario = { ...life, kind: 'act', act, number: n, at, choices, damage, trades: traded };
  const base = fails ? await recordings.of(whole) : null;
  if (!base) return [whole];
  const sites = oneOfEachSite(base, random);
  const changing = sites.filter((call) => !LOOKS.has(base.callKinds[call]!));
  return Array.from({ length: actErrors }, (_, i) => {
    const call = random.pick(i % 2 === 0 ? changing : sites);
    const error = random.pick(LOOKS.has(base.callKinds[call]!) ? ERRORS_OF_LOOKS : ERRORS);
    return { ...whole, limits: AFTER_EVERY_CALL, fault: { at: call, error, sticky: random.pick(STICKY) } };
  });
}
