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

export const SUBJECTS = ['tiny', 'young', 'cut', 'accepted', 'released', 'freed'] as const;
/**
 * `young`: one epoch, killed. `tiny`: the same with the tables of a plain trade only, so small that every bit of it can be flipped. `cut`: the same, and the machine lost its power before it wrote anything of L1; only the copies are damaged, for
 * of a bad end of its log nothing could tell whether it was acknowledged. `accepted`: the recovery of `young` accepted, so that it has a
 * lineage. `released`: that released by two people; only what the gate wrote is damaged. `freed`: one that lived longer, in small segments of
 * which the oldest are freed, the next one prepared, with several pages of some tables and side records; of it the log alone brings nothing back.
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

interface Making {
  readonly steps: number;
  /** Steps after which tiers are taken; the last operations are in the log and in L1 only. */
  readonly checkpoints: readonly number[];
  readonly snapshots: readonly number[];
  readonly msPerStep: number;
  readonly segmentBytes: number;
  readonly windowMs?: number;
  readonly l3Keep: number;
  readonly blobBytes: number;
}
const FEW: Making = {
  steps: 48,
  checkpoints: [14, 28, 40],
  snapshots: [16, 32],
  msPerStep: 1,
  segmentBytes: 65_536,
  l3Keep: 3,
  blobBytes: 200,
};
const MANY: Making = {
  steps: 150,
  checkpoints: [60, 110, 130, 145],
  snapshots: [62, 112, 132],
  // Side records are written after 200 ms.
  msPerStep: 3,
  segmentBytes: 8_192,
  windowMs: 1,
  l3Keep: 2,
  blobBytes: 2_000,
};
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
/** What comes in turns of the freed store once its desk is defined: orders and documents enough for several pages each. */
const TURNS: readonly ReadonlySet<string>[] = [new Set(['order.submit']), new Set(['configuration.set', 'strategy.update']), PLAIN];
const DEFINED = 30;
/** The bounds of the tiny store: a page for each table, since L1 and L2 have room for every page that there can be. */
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

async function made(seed: number, name: SubjectName) {
  const tiny = name === 'tiny';
  const wanted = (step: number): ReadonlySet<string> | null =>
    tiny ? PLAIN : name === 'freed' && step >= DEFINED ? TURNS[step % TURNS.length]! : null;
  const { steps, checkpoints, snapshots, msPerStep, segmentBytes, windowMs, l3Keep, blobBytes } = name === 'freed' ? MANY : FEW;
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
  const scheduler = new SteppedScheduler(clock);
  const config = parseEngineConfig({ tiers: 'inline', archive: false, l3Keep, ...(windowMs && { windowMs }) });
  const engine = await createStore({
    platform: { storage, clock, scheduler, bootId: BOOT },
    root: ROOT,
    name: 'small',
    // Less than a desk may configure.
    config: { ...config, segmentBytes },
    rowsMax: tiny ? PAGE_EACH : ROWS_MAX,
    storeId: seed.toString(16).padStart(32, 'd'),
    observer: (submission) => lines.push(lineOf(submission)),
  });
  const generator = new Generator(seed, { invalid: 0, prunes: false, halts: false, accounts: 1, blobBytes });
  let tried = 0;
  for (let step = 0; step < steps; step += 1) {
    while (model.lsn < lines.length) model.apply(lines[model.lsn]!);
    let intent: IntentJson;
    do {
      intent = generator.intent(tried, model, clock.wallNs());
      tried += 1;
    } while (!(wanted(step)?.has(intent.type) ?? true));
    try {
      await engine.commit(intentFromJson(intent));
    } catch (error) {
      if (!isRefusal(error)) throw error;
    }
    clock.pass(BigInt(msPerStep) * 1_000_000n);
    if (name === 'freed') {
      if (step % 8 === 0) engine.side('metric', { step });
      scheduler.run();
    }
    if (checkpoints.includes(step)) await engine.checkpoint();
    if (snapshots.includes(step)) await engine.snapshot(false);
  }
  return { tree, earlier: versions.earlier, lines, acknowledged: Number(engine.durableLsn), clock };
}

export async function subjectOf(name: SubjectName, seed: number): Promise<DamageSubject> {
  const [{ tree, earlier, lines, acknowledged, clock }, { tree: foreign }] = [await made(seed, name), await made(seed + 1, name)];
  const expect = (all: readonly Operation[], lsn: number, bootId: string): Expectation => ({
    digests: new Digests(all),
    submitted: all.length,
    acknowledged: lsn,
    bootId,
    clock,
  });
  if (name === 'young' || name === 'tiny' || name === 'freed')
    return { name, tree, earlier, foreign, expected: expect(lines, acknowledged, BOOT), accepted: null };
  if (name === 'cut') {
    const left = tree.copy();
    // All that was ever synced of it: its head.
    for (const path of left.files()) if (path.startsWith(`${ROOT}/l1/`)) left.put(path, earlier.get(path)![0]!);
    return { name, tree: left, earlier, foreign, expected: expect(lines, acknowledged, LATER_BOOT), accepted: null };
  }
  const plan = { act: 'accept', number: 0 } as const;
  const { events } = await recordAct(
    plan,
    await startOf(plan, { seed, tree, lines, acknowledged, clock, powersafe: true, steps: FEW.steps }),
  );
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
