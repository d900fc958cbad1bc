/**
 * One seed: a process is recorded once, then every moment of its life is taken as its last one. At each the disk is cut in the ways
 * that a power cut has, and left as a killed process leaves it; each disk that was not seen before is recovered and judged.
 */

import { type Choices, type CrashLimits, describeChoices, powerCuts } from './crashes.ts';
import { Durability, FileTree } from './disk.ts';
import type { Event } from './event.ts';
import { Digests, type Expectation, type Judgement, judge, type Verdict } from './judge.ts';
import { randomOf } from './model/random.ts';
import type { Operation } from './model/reference.ts';
import { BOOT, LATER_BOOT, type Recording, record } from './workload.ts';

export type FaultClass = 'process killed' | 'killed within a write' | 'power cut' | 'error, then killed' | 'error, then power cut';

export interface SeedOptions {
  readonly seed: number;
  readonly steps: number;
  readonly limits: CrashLimits;
  readonly without?: ReadonlySet<number> | undefined;
  /** Told of every disk that was judged. */
  readonly judged?: ((faultClass: FaultClass, verdict: Verdict) => void) | undefined;
  readonly cancelled?: (() => boolean) | undefined;
}

export interface Failure {
  readonly seed: number;
  readonly faultClass: FaultClass;
  readonly verdict: Verdict;
  /** Event of the recording before which the process ended. */
  readonly at: number;
  readonly choices: Choices | null;
  readonly words: string;
  readonly story: string;
}

/** Records the seed's process and judges every disk that it may leave. Stops at the first failure. */
export async function simulateSeed(options: SeedOptions): Promise<Failure | null> {
  const { seed, steps, without } = options;
  return judgeRecording(await record({ seed, steps, ...(without && { without }) }), options, ['process killed', 'power cut']);
}

export function judgeRecording(
  recording: Recording,
  { seed, limits, judged, cancelled }: SeedOptions,
  [killed, cut]: readonly [FaultClass, FaultClass],
): Failure | null {
  const { events, clock } = recording;
  const lines: Operation[] = [...(recording.before?.lines ?? [])];
  const digests = new Digests(lines);
  const disk = new Durability(recording.start ?? new FileTree());
  const names = new Map<number, string>();
  const seen = new Set<string>();
  let acknowledged = recording.before?.acknowledged ?? 0;
  let since = 0;

  const { from = 0 } = recording;
  const look = (at: number, tree: FileTree, bootId: string, faultClass: FaultClass, choices: Choices | null): Failure | null => {
    if (at < from) return null;
    const key = `${tree.fingerprint()} ${acknowledged} ${bootId === BOOT}`;
    if (seen.has(key)) return null;
    seen.add(key);
    const expected: Expectation = { digests, submitted: lines.length, acknowledged, bootId, clock };
    const { verdict, words }: Judgement = judge(tree, expected);
    judged?.(faultClass, verdict);
    if (verdict === 'right') return null;
    const pending = disk.pending();
    const kept = choices ? describeChoices(pending, choices, (inode) => names.get(inode) ?? `file ${inode}`) : [];
    const story = [
      `seed ${seed}: ${faultClass} after ${told(events, at)}`,
      ...kept.map((line) => `  ${line}`),
      `${verdict}: ${words}`,
    ].join('\n');
    return { seed, faultClass, verdict, at, choices, words, story };
  };

  for (const [at, event] of events.entries()) {
    if (cancelled?.()) return null;
    if (event.kind === 'submitted') {
      lines.length = event.operation.lsn - 1;
      lines.push(event.operation);
    } else if (event.kind === 'acknowledged') {
      acknowledged = Math.max(acknowledged, event.lsn);
      // The last moment before the caller was told had the same disk, and owed less.
      const failure = look(at + 1, disk.live.copy(), BOOT, killed, null) ?? everyCut(at + 1);
      if (failure) return failure;
    } else {
      const { effect } = event;
      if (effect.kind === 'write' && effect.bytes.length > 1) {
        const half = disk.live.copy();
        half.write(effect.inode, effect.position, effect.bytes.subarray(0, cutOf(effect.bytes.length, seed, at)));
        const failure = look(at, half, BOOT, killed === 'process killed' ? 'killed within a write' : killed, null);
        if (failure) return failure;
      }
      disk.apply(effect);
      if (effect.kind === 'create') names.set(effect.inode, effect.path);
      if (effect.kind === 'rename') for (const [inode, path] of names) if (path === effect.from) names.set(inode, effect.to);
      const failure = look(at + 1, disk.live.copy(), BOOT, killed, null) ?? everyCut(at + 1);
      if (failure) return failure;
    }
  }
  return null;

  function everyCut(at: number): Failure | null {
    if (at < from) return null;
    const pending = disk.pending();
    since += 1;
    for (const choices of powerCuts(pending, limits, randomOf(seed, since, 31))) {
      const failure = look(at, disk.after(pending, choices), LATER_BOOT, cut, choices);
      if (failure) return failure;
    }
    return null;
  }
}

/** Where a write was cut by the end of its process; not at a sector for the most part. */
const cutOf = (length: number, seed: number, at: number): number => 1 + randomOf(seed, at, 37).below(length - 1);

function told(events: readonly Event[], at: number): string {
  const before = events.slice(0, at);
  const submitted = before.findLast((event) => event.kind === 'submitted');
  const acknowledged = before.findLast((event) => event.kind === 'acknowledged');
  const call = before.findLast((event) => event.kind === 'effect');
  return [
    call?.kind === 'effect' ? call.call : 'nothing',
    submitted?.kind === 'submitted'
      ? `with LSN ${submitted.operation.lsn} (${submitted.operation.type}) submitted`
      : 'with nothing submitted',
    acknowledged?.kind === 'acknowledged' ? `and LSN ${acknowledged.lsn} acknowledged` : 'and nothing acknowledged',
  ].join(' ');
}
