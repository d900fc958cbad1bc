/**
 * A recorded process, every moment of its life taken as its last one. At each the disk is cut in the ways that a power cut has, and left
 * as a killed process leaves it; each disk that was not seen before is recovered and judged.
 */

import { verify } from '../main/verify/verify.ts';
import { type Choices, type CrashLimits, powerCuts } from './crashes.ts';
import { Durability, type Pending } from './durability.ts';
import { FileTree } from './file-tree.ts';
import { Digests, type Expectation, type Judgement, judge, type Verdict } from './judge.ts';
import { randomOf } from './model/random.ts';
import type { Operation } from './model/reference.ts';
import { type Fault, SimulatedStorage } from './storage.ts';
import { bootAfter, type Recording, ROOT } from './workload.ts';

export const FAULT_CLASSES = [
  'process killed',
  'killed within a write',
  'power cut',
  'error, then killed',
  'error, then power cut',
  'killed while accepting, releasing or opening',
  'power cut while accepting, releasing or opening',
] as const;
export type FaultClass = (typeof FAULT_CLASSES)[number];

/** How the deaths of a recording are called. */
export interface Deaths {
  readonly killed: FaultClass;
  readonly withinWrite: FaultClass;
  readonly cut: FaultClass;
}

/** One end of one recording. */
export interface Moment {
  /** Number of events that had happened; within the event of that number, where it is a write. */
  readonly at: number;
  readonly death: 'killed' | 'withinWrite' | 'cut';
  /** What survived of each pending change; null where nothing was pending for this death. */
  readonly choices: Choices | null;
}

export interface Failure {
  readonly moment: Moment;
  readonly faultClass: FaultClass;
  readonly verdict: Verdict;
  readonly words: string;
}

export interface MomentsOptions {
  readonly seed: number;
  readonly limits: CrashLimits;
  readonly deaths: Deaths;
  /** Disks that were judged already, alone and with what was promised of them; shared by recordings that have a part in common. */
  readonly seen?: Set<string>;
  /** Told of every disk that is judged; `again`: of one that was judged before, by another promise or in another boot. */
  readonly judged?: ((faultClass: FaultClass, verdict: Verdict, fingerprint: bigint, again: boolean) => void) | undefined;
  readonly cancelled?: (() => boolean) | undefined;
}

/** How a process may end whose storage failed. */
const ENDS: ReadonlySet<string> = new Set(['WRITER_POISONED', 'IO_FAILED', 'DISK_FULL', 'PERMISSION_DENIED', 'NOT_FOUND']);
const FIRST_SEED = 1;
/** Of so many disks one is recovered as a person has it done, with all that comes after the RTO. */
const WHOLE_OF = 4n;
/** Of so many one is recovered once more, with a call that fails. */
const UNREAD_OF = 16n;

/**
 * What a power loss leaves of writes that nothing waited for looks like damage: pages of L1, frames behind one that was lost, pages of a
 * slot under a header that was not written yet. What a killed process leaves does not.
 */
const LIKE_DAMAGE: ReadonlySet<string> = new Set(['LOG_DAMAGED', 'PAGE_SALVAGED', 'PAGES_BAD']);

/** Follows a recording: the disk as it is after each event, what was submitted by then, and what is owed. */
export class Course {
  readonly recording: Recording;
  readonly disk: Durability;
  readonly lines: Operation[];
  readonly digests: Digests;
  acknowledged: number;
  /** Events that have happened. */
  at = 0;
  readonly #names = new Map<number, string>();

  constructor(recording: Recording) {
    this.recording = recording;
    this.lines = [...(recording.before?.lines ?? [])];
    this.digests = new Digests(this.lines);
    this.acknowledged = recording.before?.acknowledged ?? 0;
    this.disk = new Durability(recording.start ?? new FileTree(), recording.powersafe);
  }

  /** Lets the next event happen. */
  step(): void {
    const event = this.recording.events[this.at]!;
    this.at += 1;
    if (event.kind === 'submitted') {
      this.lines.length = event.operation.lsn - 1;
      this.lines.push(event.operation);
    } else if (event.kind === 'acknowledged') this.acknowledged = Math.max(this.acknowledged, event.lsn);
    else {
      const { effect } = event;
      this.disk.apply(effect);
      if (effect.kind === 'create') this.#names.set(effect.inode, effect.path);
      if (effect.kind === 'rename') for (const [inode, path] of this.#names) if (path === effect.from) this.#names.set(inode, effect.to);
    }
  }

  nameOf(inode: number): string {
    const known = this.#names.get(inode);
    if (known !== undefined) return known;
    for (const [path, entry] of this.disk.live.entries) if (entry === inode) return path;
    return `file ${inode}`;
  }

  judge(tree: FileTree, bootId: string): Judgement {
    const { digests, lines, acknowledged, recording } = this;
    const fingerprint = tree.fingerprint();
    const whole = fingerprint % WHOLE_OF === 0n;
    const expected = { digests, submitted: lines.length, acknowledged, bootId, clock: recording.clock };
    const judgement = judge(tree, expected, whole);
    if (judgement.verdict === 'right' && judgement.recovery && fingerprint % UNREAD_OF === 0n) {
      const wrong = judgeUnread(tree, expected, judgement, Number((fingerprint / UNREAD_OF) % (1n << 32n)));
      if (wrong) return wrong;
    }
    // Whoever died damaged nothing, unless the disk did.
    if (judgement.verdict !== 'right' || !judgement.recovery || !recording.powersafe || recording.wasDamaged) return judgement;
    // An act goes on with what a power cut may have left.
    const killed = bootId === recording.bootId && !recording.start;
    const blamed =
      judgement.recovery.report.findings.find(({ code, severity }) => severity === 'damage' && (killed || !LIKE_DAMAGE.has(code))) ??
      (killed && whole ? damageIn(tree, recording) : undefined);
    if (!blamed) return judgement;
    return { ...judgement, verdict: 'wrong', words: `a death is called damage: ${blamed.code} ${blamed.message}: ${judgement.words}` };
  }
}

/** Once more, with a call that fails: what was not read is neither lost nor damaged. null where that holds. */
function judgeUnread(tree: FileTree, expected: Expectation, { recovery, calls }: Judgement, choice: number): Judgement | null {
  const fault: Fault = { at: 1 + (choice % calls), error: 'EIO', sticky: choice % 2 === 0 ? false : 'kind' };
  const judgement = judge(tree, expected, true, fault);
  const words = `with call ${fault.at} of its recovery failing${fault.sticky ? ', and all of its kind' : ''}: ${judgement.words}`;
  if (judgement.verdict !== 'right') return { ...judgement, words };
  const known = new Set(recovery!.report.findings.map(({ code, file }) => `${code} ${file}`));
  // In depth there is more to find than before the clock of the RTO stops.
  const blamed = judgement.recovery?.report.findings.find(
    ({ code, file, severity, message }) => severity === 'damage' && /EIO/.test(message) && !known.has(`${code} ${file}`),
  );
  return blamed
    ? { ...judgement, verdict: 'wrong', words: `what was not read is called damage: ${blamed.code} ${blamed.message}, ${words}` }
    : null;
}

/** What a verification calls damaged. */
const damageIn = (tree: FileTree, { clock, bootId }: Recording) =>
  verify({ storage: new SimulatedStorage({ tree }), clock, root: ROOT, bootId })
    .files.flatMap(({ findings }) => findings)
    .find(({ severity }) => severity === 'damaged');

/** The first of a recording's ends that is not right; null where all are. */
export function judgeRecording(recording: Recording, options: MomentsOptions): Failure | null {
  const { seed, limits, deaths, seen = new Set(), judged, cancelled } = options;
  const { events } = recording;
  const from = recording.from ?? (seed === FIRST_SEED || recording.start ? 0 : firstWrite(events));
  const course = new Course(recording);
  let since = 0;
  const { ended } = recording;
  if (ended && !ENDS.has(ended.code)) {
    const moment = { at: events.length, death: 'killed', choices: null } as const;
    return { moment, faultClass: deaths.killed, verdict: 'crashed', words: `the process ended with ${ended.code}: ${ended.message}` };
  }

  const look = (tree: FileTree, bootId: string, moment: Moment): Failure | null => {
    const fingerprint = tree.fingerprint();
    const disk = `${fingerprint}`;
    const key = `${disk} ${course.acknowledged} ${bootId}`;
    if (seen.has(key)) return null;
    const again = seen.has(disk);
    seen.add(key).add(disk);
    const { verdict, words } = course.judge(tree, bootId);
    const faultClass = deaths[moment.death];
    judged?.(faultClass, verdict, fingerprint, again);
    return verdict === 'right' ? null : { moment, faultClass, verdict, words };
  };
  const everyEnd = (): Failure | null => {
    if (course.at < from) return null;
    const killed = look(course.disk.live.copy(), recording.bootId, { at: course.at, death: 'killed', choices: null });
    if (killed) return killed;
    const pending = course.disk.pending();
    since += 1;
    for (const choices of powerCuts(pending, limits, randomOf(seed, since, 31))) {
      const cut = look(course.disk.after(pending, choices), bootAfter(recording.bootId), { at: course.at, death: 'cut', choices });
      if (cut) return cut;
    }
    return null;
  };

  while (course.at < events.length) {
    if (cancelled?.()) return null;
    const half = course.at < from ? null : withinWrite(course, seed);
    if (half) {
      const torn = look(half, recording.bootId, { at: course.at, death: 'withinWrite', choices: null });
      if (torn) return torn;
    }
    const { kind } = events[course.at]!;
    course.step();
    // Nothing on the disk changes with a submission; with an acknowledgement what is owed does.
    const failure = kind === 'submitted' ? null : everyEnd();
    if (failure) return failure;
  }
  return null;
}

/** What comes before it is the same for every seed, and judged with the first. */
const firstWrite = (events: Recording['events']): number =>
  events.findIndex((event) => event.kind === 'effect' && event.effect.kind === 'write');

/** What the process leaves that ends within its next write, not at a sector for the most part; null where the next event is none. */
function withinWrite({ recording, at, disk }: Course, seed: number): FileTree | null {
  const event = recording.events[at]!;
  if (event.kind !== 'effect' || event.effect.kind !== 'write' || event.effect.bytes.length < 2) return null;
  const { inode, position, bytes } = event.effect;
  const tree = disk.live.copy();
  // Zeros at its end would hide where it was cut: a header of a few fields fills a page.
  const meant = bytes.findLastIndex((byte) => byte !== 0) + 1 || bytes.length;
  tree.write(inode, position, bytes.subarray(0, 1 + randomOf(seed, at, 37).below(Math.max(1, meant - 1))));
  return tree;
}

export interface Scene {
  readonly course: Course;
  readonly pending: readonly Pending[];
  readonly judgement: Judgement;
}

/** One end of a recording again, with what was pending then. */
export function sceneOf(recording: Recording, seed: number, { at, death, choices }: Moment): Scene {
  const course = new Course(recording);
  while (course.at < at) course.step();
  const pending = course.disk.pending();
  const tree =
    death === 'cut' ? course.disk.after(pending, choices!) : death === 'withinWrite' ? withinWrite(course, seed)! : course.disk.live.copy();
  return { course, pending, judgement: course.judge(tree, death === 'cut' ? bootAfter(recording.bootId) : recording.bootId) };
}
