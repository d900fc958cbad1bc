/** A small store to be damaged: every kind of file, written by the engine, with what each file was before. */

import { parseEngineConfig } from '../main/engine/config.ts';
import { createStore } from '../main/engine/create.ts';
import type { Accepted } from '../main/gate/gate.ts';
import { intentFromJson } from '../shared/model/json.ts';
import { TABLE_LIST } from '../shared/model/tables.ts';
import { recordAct, startOf } from './act.ts';
import { type Enumeration, enumerate, type Subject } from './damage.ts';
import { Durability } from './durability.ts';
import { FileTree } from './file-tree.ts';
import { forgeries } from './forge.ts';
import { Digests, type Expectation } from './judge.ts';
import { Generator } from './model/generator.ts';
import { type IntentJson, type Operation, ReferenceModel } from './model/reference.ts';
import { release } from './released.ts';
import { SteppedClock, SteppedScheduler } from './stepped.ts';
import { SimulatedStorage } from './storage.ts';
import { BOOT, isRefusal, LATER_BOOT, lineOf, ROOT, ROWS_MAX } from './workload.ts';

export const SUBJECTS = ['tiny', 'young', 'cut', 'accepted', 'released'] as const;
/**
 * `young`: one epoch, killed. `tiny`: the same with the tables of a plain trade only, so small that every bit of it can be flipped. `cut`: the same, and the machine lost its power before it wrote anything of L1; only the copies are damaged, for
 * of a bad end of its log nothing could tell whether it was acknowledged. `accepted`: the recovery of `young` accepted, so that it has a
 * lineage. `released`: that released by two people; only what the gate wrote is damaged.
 */
export type SubjectName = (typeof SUBJECTS)[number];

export interface DamageSubject extends Subject {
  readonly name: SubjectName;
  readonly expected: Expectation;
  /** The head that a token of it is for; null where nobody released it. */
  readonly accepted: Accepted | null;
}

const ofCopies = (path: string): boolean => path.startsWith(`${ROOT}/l2/`) || path.startsWith(`${ROOT}/l3/`);
const ofGate = (path: string): boolean => path.startsWith(`${ROOT}/gate/`) || path.startsWith(`${ROOT}/audit/`);

/** Which files, where not all: what the others show already is not shown again. */
const DAMAGED: Readonly<Partial<Record<SubjectName, (path: string) => boolean>>> = { cut: ofCopies, released: ofGate };

/** All that is done to it, in an order that is the same for the same subject. */
export function damagesOf(subject: DamageSubject): readonly Enumeration[] {
  const only = DAMAGED[subject.name];
  const known = listed.get(subject) ?? [
    ...enumerate(subject, only),
    ...(subject.name === 'released' ? [] : forgeries(subject).filter(({ path }) => only?.(path) ?? true)),
  ];
  listed.set(subject, known);
  return known;
}
const listed = new WeakMap<DamageSubject, readonly Enumeration[]>();

const STEPS = 48;
/** Steps after which tiers are taken; the last operations are in the log and in L1 only. */
const CHECKPOINTS = [14, 28, 40];
const SNAPSHOTS = [16, 32];
/** Operations of the tiny store. */
const PLAIN: ReadonlySet<string> = new Set([
  'asset.define',
  'venue.define',
  'instrument.define',
  'mark',
  'order.submit',
  'order.accept',
  'fill',
]);
/** Its bounds: a page for each table, since L1 and L2 have room for every page that there can be. */
const PAGE_EACH = Object.fromEntries(TABLE_LIST.map(({ name, rowsMax, rowsPerPage }) => [name, Math.min(rowsMax, rowsPerPage)]));

/** Keeps what each file was at each of its syncs. */
class Versions {
  readonly earlier = new Map<string, Uint8Array[]>();

  keep(path: string, bytes: Uint8Array): void {
    const versions = this.earlier.get(path) ?? [];
    this.earlier.set(path, versions);
    const newest = versions.at(-1);
    if (!newest || Buffer.compare(newest, bytes) !== 0) versions.push(bytes.slice());
  }
}

async function young(seed: number, tiny: boolean) {
  const clock = new SteppedClock();
  const tree = new FileTree();
  const versions = new Versions();
  const lines: Operation[] = [];
  const model = new ReferenceModel({ fillsMax: ROWS_MAX.fills });
  const storage = new SimulatedStorage({
    tree,
    called: ({ kind, path }) => {
      if (kind === 'sync' && tree.entries.has(path)) versions.keep(path, tree.bytes(path));
    },
  });
  const engine = await createStore({
    platform: { storage, clock, scheduler: new SteppedScheduler(clock), bootId: BOOT },
    root: ROOT,
    name: 'small',
    config: parseEngineConfig({ tiers: 'inline', archive: false, segmentBytes: 65_536, l3Keep: 3 }),
    rowsMax: tiny ? PAGE_EACH : ROWS_MAX,
    storeId: seed.toString(16).padStart(32, 'd'),
    observer: (submission) => lines.push(lineOf(submission)),
  });
  const generator = new Generator(seed, { invalid: 0, prunes: false, halts: false, accounts: 1, blobBytes: 200 });
  let tried = 0;
  for (let step = 0; step < STEPS; step += 1) {
    while (model.lsn < lines.length) model.apply(lines[model.lsn]!);
    let intent: IntentJson;
    do {
      intent = generator.intent(tried, model, clock.wallNs());
      tried += 1;
    } while (tiny && !PLAIN.has(intent.type));
    try {
      await engine.commit(intentFromJson(intent));
    } catch (error) {
      if (!isRefusal(error)) throw error;
    }
    clock.pass(1_000_000n);
    if (CHECKPOINTS.includes(step)) await engine.checkpoint();
    if (SNAPSHOTS.includes(step)) await engine.snapshot(false);
  }
  return { tree, earlier: versions.earlier, lines, acknowledged: Number(engine.durableLsn), clock };
}

export async function subjectOf(name: SubjectName, seed: number): Promise<DamageSubject> {
  const [{ tree, earlier, lines, acknowledged, clock }, { tree: foreign }] = [
    await young(seed, name === 'tiny'),
    await young(seed + 1, name === 'tiny'),
  ];
  const expect = (all: readonly Operation[], lsn: number, bootId: string): Expectation => ({
    digests: new Digests(all),
    submitted: all.length,
    acknowledged: lsn,
    bootId,
    clock,
  });
  if (name === 'young' || name === 'tiny')
    return { name, tree, earlier, foreign, expected: expect(lines, acknowledged, BOOT), accepted: null };
  if (name === 'cut') {
    const left = tree.copy();
    // All that was ever synced of it: its head.
    for (const path of left.files()) if (path.startsWith(`${ROOT}/l1/`)) left.put(path, earlier.get(path)![0]!);
    return { name, tree: left, earlier, foreign, expected: expect(lines, acknowledged, LATER_BOOT), accepted: null };
  }
  const plan = { act: 'accept', number: 0 } as const;
  const { events } = await recordAct(plan, await startOf(plan, { seed, tree, lines, acknowledged, clock, powersafe: true, steps: STEPS }));
  const disk = new Durability(tree);
  const versions = new Versions();
  for (const [path, list] of earlier) versions.earlier.set(path, [...list]);
  const all = [...lines];
  for (const event of events) {
    if (event.kind === 'submitted') all.push(event.operation);
    if (event.kind !== 'effect') continue;
    disk.apply(event.effect);
    if (event.effect.kind !== 'sync') continue;
    for (const [path, inode] of disk.live.entries) if (inode === event.effect.inode) versions.keep(path, disk.live.bytes(path));
  }
  const expected = expect(all, all.length, LATER_BOOT);
  if (name === 'accepted') return { name, tree: disk.live.copy(), earlier: versions.earlier, foreign, expected, accepted: null };
  const storage: SimulatedStorage = new SimulatedStorage({
    tree: disk.live.copy(),
    called: ({ kind, path }) => {
      if (kind === 'sync' && storage.tree.entries.has(path)) versions.keep(path, storage.tree.bytes(path));
    },
  });
  const accepted = release(storage, clock);
  return { name, tree: storage.tree, earlier: versions.earlier, foreign: tree, expected, accepted };
}
