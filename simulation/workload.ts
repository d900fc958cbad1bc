/** A trading process on a simulated disk: what it does follows from the seed alone. */

import { parseEngineConfig } from '../main/engine/config.ts';
import { createStore } from '../main/engine/create.ts';
import type { Engine, Submission } from '../main/engine/engine.ts';
import type { Platform } from '../main/engine/start.ts';
import { RearmError } from '../shared/errors.ts';
import { intentFromJson, intentToJson } from '../shared/model/json.ts';
import { formatTime } from '../shared/units.ts';
import type { Event } from './event.ts';
import { FileTree } from './file-tree.ts';
import { Generator } from './model/generator.ts';
import { randomOf } from './model/random.ts';
import { type Operation, ReferenceModel } from './model/reference.ts';
import { SteppedClock, SteppedScheduler } from './stepped.ts';
import { type CallKind, type Fault, ProcessEnded, SimulatedStorage } from './storage.ts';

export const ROOT = '/store';
export const BOOT = '00000000-0000-4000-8000-000000000001';
export const LATER_BOOT = '00000000-0000-4000-8000-000000000002';
const LAST_BOOT = '00000000-0000-4000-8000-000000000003';
/** After the power was cut. */
export const bootAfter = (bootId: string): string => (bootId === BOOT ? LATER_BOOT : LAST_BOOT);

/** Bounds that keep an image at a few dozen pages, so that a thousand states are judged in a second. */
export const ROWS_MAX = {
  dictionary: 96,
  chunks: 96,
  assets: 16,
  instruments: 8,
  configurations: 8,
  positions: 24,
  orders: 96,
  fills: 96,
  balances: 24,
  margins: 16,
  profits: 8,
  limits: 8,
  strategies: 4,
  resolutions: 16,
  books: 16,
  trades: 16,
  markets: 8,
} as const;

export interface WorkloadOptions {
  readonly seed: number;
  readonly steps: number;
  /** Steps that are left out, for shrinking. */
  readonly without?: ReadonlySet<number>;
  readonly fault?: Fault | undefined;
}

export interface Recording {
  /** The disk that the process found; an empty one where it is left out. */
  readonly start?: FileTree;
  /** Operations that were on that disk, and the last one that the process must not lose. */
  readonly before?: { readonly lines: readonly Operation[]; readonly acknowledged: number };
  readonly events: readonly Event[];
  /** Calls to the storage in all. */
  readonly calls: number;
  /** Kinds of all calls, by number from 1. */
  readonly callKinds: readonly CallKind[];
  /** What each of them was for, by number. */
  readonly callSites: readonly string[];
  /** What ended the process before its steps were over; null where nothing did. */
  readonly ended: RearmError | null;
  readonly clock: SteppedClock;
  /** Of the machine that it was recorded on. */
  readonly bootId: string;
  /** Whether its disk leaves a sector that was being written when the power failed as it was, or as it was to be. */
  readonly powersafe: boolean;
  /** The disk that the process found may have lost sectors. */
  readonly wasDamaged?: boolean;
  /** Events before this one are another recording's too, and are not judged again. */
  readonly from?: number;
}

const CODES_OF_A_REFUSAL: ReadonlySet<string> = new Set([
  'OPERATION_INVALID',
  'NOT_FOUND',
  'AMOUNT_INVALID',
  'AMOUNT_OVERFLOW',
  'TEXT_TOO_LONG',
  'GATE_CLOSED',
  'STATE_BOUND',
]);
export const isRefusal = (error: unknown): boolean => error instanceof RearmError && CODES_OF_A_REFUSAL.has(error.code);

/** An operation as a log has it. */
export const lineOf = ({ lsn, posted, timeNs, intent }: Submission): Operation => {
  const json = intentToJson(intent);
  return { lsn, type: json.type, class: posted ? 'post' : 'commit', time: formatTime(timeNs), intent: json };
};

/** Less than a desk may configure: a life of a few dozen operations fills, prepares and frees several. */
const SEGMENT_BYTES = [8_192, 8_192, 65_536];
/** Of two lives, one ends in order. */
export const isClosed = (seed: number): boolean => seed % 2 === 0;

/** What a file of the store is for, whatever its number. */
export const siteOf = (kind: CallKind, path: string): string => `${kind} ${path.slice(ROOT.length + 1).replaceAll(/[0-9a-f]{8,}/g, 'N')}`;

/** Runs the process; a failing call of the storage ends it when the engine stops. */
export async function record({ seed, steps, without, fault }: WorkloadOptions): Promise<Recording> {
  const random = randomOf(seed, 0, 17);
  const configured = parseEngineConfig({
    tiers: 'inline',
    archive: false,
    l1Ms: random.pick([3, 10]),
    l1: !random.chance(0.1),
    l1Msync: random.chance(0.2),
    l2Ms: random.pick([10, 40]),
    l3Ms: random.pick([20, 20, 120]),
    l3Keep: 2,
    syncMs: random.pick([4, 15]),
    markMs: random.pick([10, 30]),
    pruneMs: 40,
    windowMs: random.pick([10, 10, 300]),
    retentionMs: 120,
    marketRetentionMs: 60,
  });
  const segmentBytes = random.pick(SEGMENT_BYTES);
  // A desk that aligns its frames has a disk that makes it worth it.
  const aligned = random.chance(0.25);
  const config = { ...configured, segmentBytes, frameAlignmentBytes: aligned ? 4096 : 8 } as const;
  const clock = new SteppedClock();
  const scheduler = new SteppedScheduler(clock);
  const events: Event[] = [];
  const callKinds: CallKind[] = [];
  const callSites: string[] = [];
  let call = '';
  const storage = new SimulatedStorage({
    tree: new FileTree(),
    fault,
    called: ({ number, kind, path }) => {
      callKinds[number] = kind;
      callSites[number] = siteOf(kind, path);
      call = `${kind} ${path}`;
    },
    effect: (effect) => events.push({ kind: 'effect', effect, call }),
  });
  const platform: Platform = { storage, clock, scheduler, bootId: BOOT };
  const model = new ReferenceModel({ fillsMax: ROWS_MAX.fills });
  let followed = 0;
  const follow = (): void => {
    for (; followed < events.length; followed += 1) {
      const event = events[followed]!;
      if (event.kind === 'submitted' && event.operation.lsn === model.lsn + 1) model.apply(event.operation);
    }
  };
  const acknowledged = (lsn: number): void => void events.push({ kind: 'acknowledged', lsn });
  let ended: RearmError | null = null;
  try {
    const engine = await createStore({
      platform,
      root: ROOT,
      name: 'simulated desk',
      config,
      rowsMax: ROWS_MAX,
      storeId: seed.toString(16).padStart(32, 'a'),
      observer: (submission) => void events.push({ kind: 'submitted', operation: lineOf(submission) }),
    });
    acknowledged(Number(engine.durableLsn));
    const generator = new Generator(seed, { prunes: true, accounts: 2, blobBytes: 900 });
    for (let step = 0; step < steps; step += 1) {
      follow();
      if (!without?.has(step)) await one(engine, generator, step, randomOf(seed, step, 23), model, clock, acknowledged);
      clock.pass(BigInt(500_000 + randomOf(seed, step, 29).below(4_000_000)));
      // The engine's own timers: groups are written, tiers taken, rows pruned.
      scheduler.run();
    }
    follow();
    if (isClosed(seed)) {
      await engine.close();
      acknowledged(Number(engine.durableLsn));
    }
  } catch (error) {
    if (error instanceof ProcessEnded) throw error;
    ended = error instanceof RearmError ? error : new RearmError('INTERNAL', (error as Error).stack ?? String(error), {}, error);
  }
  return { events, calls: storage.calls, callKinds, callSites, ended, clock, bootId: BOOT, powersafe: !aligned };
}

async function one(
  engine: Engine,
  generator: Generator,
  step: number,
  random: ReturnType<typeof randomOf>,
  model: ReferenceModel,
  clock: SteppedClock,
  acknowledged: (lsn: number) => void,
): Promise<void> {
  const json = generator.intent(step, model, clock.wallNs());
  try {
    const intent = intentFromJson(json);
    const how = random.next();
    if (how < 0.15) acknowledged(engine.commitSync(intent));
    else if (how < 0.3) acknowledged(await engine.commit(intent));
    else engine.post(intent);
    if (how > 0.97) acknowledged(await engine.flush());
  } catch (error) {
    if (!isRefusal(error)) throw error;
  }
}
