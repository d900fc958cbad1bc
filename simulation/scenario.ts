/** What is simulated, as numbers: a scenario and a commit give the same events, the same disks and the same verdicts, byte for byte. */

import { isDeepStrictEqual } from 'node:util';
import { recover } from '../main/cascade/recover.ts';
import { RearmError } from '../shared/errors.ts';
import { type ActPlan, recordAct, startOf } from './act.ts';
import type { Choices, CrashLimits } from './crashes.ts';
import { Durability } from './durability.ts';
import type { Event } from './event.ts';
import type { FileTree } from './file-tree.ts';
import { record } from './life.ts';
import { Course, type Deaths } from './moments.ts';
import { type Fault, SimulatedStorage } from './storage.ts';
import { LATER_BOOT, type Recording, ROOT } from './workload.ts';

interface Life {
  readonly seed: number;
  readonly steps: number;
  /** Steps that are left out. */
  readonly without: readonly number[];
  readonly limits: CrashLimits;
}

export type Scenario =
  /** A process lives, and dies at any moment. */
  | (Life & { readonly kind: 'life' })
  /** One call of the storage fails, or all of its kind from there on. */
  | (Life & { readonly kind: 'error'; readonly fault: Fault })
  /** The process died and left this; the recovery is accepted, or the store opened where that needs nobody, and that dies at any moment. */
  | (Life & ActPlan & { readonly kind: 'act'; readonly at: number; readonly choices: Choices });

export const DEATHS: Readonly<Record<Scenario['kind'], Deaths>> = {
  life: { killed: 'process killed', withinWrite: 'killed within a write', cut: 'power cut' },
  error: { killed: 'error, then killed', withinWrite: 'error, then killed', cut: 'error, then power cut' },
  act: {
    killed: 'killed while accepting, releasing or opening',
    withinWrite: 'killed while accepting, releasing or opening',
    cut: 'power cut while accepting, releasing or opening',
  },
};

/** Recordings by scenario. The last life is kept: errors and acceptances begin as it does. */
export class Recordings {
  #last: { readonly key: string; readonly recording: Promise<Recording> } | undefined;

  life({ seed, steps, without }: Life): Promise<Recording> {
    const key = `${seed} ${steps} ${without.join()}`;
    if (this.#last?.key !== key) this.#last = { key, recording: record({ seed, steps, without: new Set(without) }) };
    return this.#last.recording;
  }

  /** null where there is nothing to record: the disk of an act holds no store yet. */
  async of(scenario: Scenario): Promise<Recording | null> {
    const life = await this.life(scenario);
    if (scenario.kind === 'life') return life;
    if (scenario.kind === 'act') return acting(life, scenario);
    const { seed, steps, without, fault } = scenario;
    const failing = await record({ seed, steps, without: new Set(without), fault });
    return { ...failing, from: Math.max(0, firstDifference(life, failing) - 1) };
  }
}

/** Everything before it was judged with the life that had no fault. */
function firstDifference({ events: before }: Recording, { events: after }: Recording): number {
  const first = after.findIndex((event, i) => !isSame(before[i], event));
  return first < 0 ? after.length : first;
}

/** To the last byte: a failing write leaves one of the same kind in the same place. */
function isSame(one: Event | undefined, other: Event): boolean {
  if (one?.kind === 'effect' && other.kind === 'effect' && one.effect.kind === 'write' && other.effect.kind === 'write') {
    const [a, b] = [one.effect, other.effect];
    return a.inode === b.inode && a.position === b.position && Buffer.compare(a.bytes, b.bytes) === 0;
  }
  if (one?.kind === 'effect' && other.kind === 'effect') return isDeepStrictEqual(one.effect, other.effect);
  return isDeepStrictEqual(one, other);
}

/** The last operation that is recovered from a disk; null where there is no store, or where a person must decide. */
function recoveredFrom(tree: FileTree, { clock }: Recording): number | null {
  try {
    const { image, report } = recover({ storage: new SimulatedStorage({ tree: tree.copy() }), clock, root: ROOT, bootId: LATER_BOOT });
    return image && report.outcome !== 'refused' ? report.lsn : null;
  } catch (error) {
    // The process died before there was a store: judged as that moment's own disk.
    if (error instanceof RearmError && error.code === 'STORE_MISSING') return null;
    throw error;
  }
}

async function acting(life: Recording, scenario: Extract<Scenario, { kind: 'act' }>): Promise<Recording | null> {
  const { seed, steps, at, choices } = scenario;
  const course = new Course(life);
  while (course.at < Math.min(at, life.events.length)) course.step();
  const pending = course.disk.pending();
  // Of a life that was made shorter fewer versions may be pending.
  const most = Durability.choicesOf(pending);
  const tree = course.disk.after(
    pending,
    most.map((count, i) => Math.min(choices[i] ?? 0, count - 1)),
  );
  const lsn = recoveredFrom(tree, life);
  if (lsn === null) return null;
  const { clock, powersafe } = life;
  const left = { seed, tree, lines: course.lines.slice(0, lsn), acknowledged: course.acknowledged, clock, powersafe, steps };
  const start = await startOf(scenario, left);
  const found = start.damages.length > 0 ? recoveredFrom(start.tree, life) : start.lines.length;
  return found === null ? null : recordAct(scenario, { ...start, lines: start.lines.slice(0, found) });
}
