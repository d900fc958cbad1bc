/** An engine and the reference model side by side, fed with the same intents; the clock and the timers move only when told. */

import fs from 'node:fs';
import os from 'node:os';
import { join } from 'node:path';
import { type Recovery, recover } from '../../main/cascade/recover.ts';
import { parseEngineConfig } from '../../main/engine/config.ts';
import { createStore } from '../../main/engine/create.ts';
import type { Engine } from '../../main/engine/engine.ts';
import type { Platform } from '../../main/engine/start.ts';
import { type CanonicalState, canonicalState } from '../../main/image/canonical.ts';
import { NativeStorage, systemClock } from '../../main/storage/native.ts';
import type { Clock } from '../../main/storage/storage.ts';
import { RearmError } from '../../shared/errors.ts';
import { intentFromJson } from '../../shared/model/json.ts';
import { formatTime } from '../../shared/units.ts';
import { type IntentJson, type Operation, ReferenceModel, Refused } from '../../simulation/model/reference.ts';
import { SteppedClock, SteppedScheduler } from '../../simulation/stepped.ts';
import { lineOf } from '../../simulation/workload.ts';

export const BOOT = '00000000-0000-4000-8000-000000000000';

/** Bounds that keep the image of a test small. */
export const SMALL_ROWS = {
  dictionary: 2_048,
  chunks: 16_384,
  assets: 64,
  instruments: 64,
  configurations: 64,
  positions: 1_024,
  orders: 32_768,
  fills: 32_768,
  balances: 1_024,
  margins: 1_024,
  profits: 64,
  limits: 64,
  strategies: 16,
  resolutions: 2_048,
  books: 8_192,
  trades: 8_192,
  markets: 64,
} as const;

export type ConfigInput = NonNullable<Parameters<typeof parseEngineConfig>[0]>;

/** Cadences that a stepped clock reaches often. */
export const STEPPED_CONFIG: ConfigInput = {
  tiers: 'inline',
  segmentBytes: 65_536,
  l1Ms: 5,
  l2Ms: 20,
  l3Ms: 150,
  l4Ms: 400,
  syncMs: 7,
  markMs: 25,
  pruneMs: 60,
  windowMs: 2_000,
  retentionMs: 1_500,
  marketRetentionMs: 700,
};

export interface DeskOptions {
  readonly config?: ConfigInput;
  readonly rowsMax?: Readonly<Record<string, number>>;
  /** Real clocks and timers; needed by threads. */
  readonly real?: boolean;
  readonly root?: string;
}

const CODES_OF_THE_ENGINE_ONLY = new Set(['STATE_BOUND', 'RING_FULL']);

export const temporaryDirectory = (): string => fs.mkdtempSync(join(os.tmpdir(), 'rearm-model-'));

export class Desk {
  readonly engine: Engine;
  readonly model: ReferenceModel;
  readonly root: string;
  readonly clock: Clock;
  readonly platform: Platform;
  /** Every operation as a log has it, the engine's own too. */
  readonly lines: Operation[];
  refusedByBoth = 0;
  readonly alarms: string[];

  private constructor(engine: Engine, model: ReferenceModel, root: string, platform: Platform, lines: Operation[], alarms: string[]) {
    this.engine = engine;
    this.model = model;
    this.root = root;
    this.clock = platform.clock;
    this.platform = platform;
    this.lines = lines;
    this.alarms = alarms;
  }

  static async create(options: DeskOptions = {}): Promise<Desk> {
    const root = options.root ?? join(temporaryDirectory(), 'store');
    const clock = options.real ? systemClock : new SteppedClock();
    const scheduler = options.real ? (await import('../../main/storage/native.ts')).timerScheduler : new SteppedScheduler(clock);
    const platform: Platform = { storage: new NativeStorage(), clock, scheduler, bootId: BOOT };
    const lines: Operation[] = [];
    const alarms: string[] = [];
    const engine = await createStore({
      platform,
      root,
      name: 'model',
      config: parseEngineConfig({ ...STEPPED_CONFIG, ...options.config }),
      rowsMax: options.rowsMax ?? SMALL_ROWS,
      stepped: !options.real,
      observer: (submission) => lines.push(lineOf(submission)),
      alarm: (alarm) => alarms.push(`${alarm.code} ${alarm.text}`),
    });
    const rows = options.rowsMax ?? SMALL_ROWS;
    const model = new ReferenceModel({ ...(rows.fills !== undefined && { fillsMax: rows.fills }) });
    const desk = new Desk(engine, model, root, platform, lines, alarms);
    desk.follow();
    return desk;
  }

  /** Takes the model to where the engine is. */
  follow(): void {
    while (this.model.lsn < this.lines.length) this.model.apply(this.lines[this.model.lsn]!);
  }

  /** Lets time pass, and the timers of a stepped desk run. */
  pass(ms: number): void {
    if (!(this.clock instanceof SteppedClock)) return;
    this.clock.pass(BigInt(Math.round(ms * 1e6)));
    (this.platform.scheduler as SteppedScheduler).run();
    this.follow();
  }

  /**
   * Hands an intent to both.
   *
   * @returns whether they took it
   * @throws where one takes what the other refuses
   */
  async submit(json: IntentJson, how: 'commit' | 'commitSync' | 'post' = 'post'): Promise<boolean> {
    const before = this.lines.length;
    let refusal: RearmError | undefined;
    try {
      const intent = intentFromJson(json);
      await this.engine[how](intent);
    } catch (error) {
      if (!(error instanceof RearmError) || error.code === 'INTERNAL' || error.code === 'WRITER_POISONED') throw error;
      refusal = error;
    }
    if (refusal) {
      if (this.lines.length > before + 1) throw new Error('a refused operation was observed');
      // The engine's own timers may have run while a commit waited.
      this.follow();
      if (CODES_OF_THE_ENGINE_ONLY.has(refusal.code)) return false;
      try {
        this.model.apply({ lsn: this.model.lsn + 1, type: json.type, time: formatTime(this.clock.wallNs()), intent: json });
      } catch (error) {
        if (!(error instanceof Refused)) throw error;
        this.refusedByBoth += 1;
        return false;
      }
      throw new Error(`the engine refuses what the model takes: ${refusal.code} ${refusal.message}: ${JSON.stringify(json).slice(0, 600)}`);
    }
    try {
      this.follow();
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      throw new Error(`the engine takes what the model refuses: ${error.message}: ${JSON.stringify(json).slice(0, 600)}`, { cause: error });
    }
    return true;
  }

  /** Throws where the two states differ, and says where. */
  compare(): void {
    assertSame(this.engine.canonical(), this.model);
  }

  recover(at?: number): Recovery {
    return recover({ storage: this.platform.storage, clock: this.clock, root: this.root, bootId: BOOT, at });
  }
}

/** Throws where an engine's state is not the model's, with the first row that differs. */
export function assertSame(state: CanonicalState, model: ReferenceModel): void {
  const expected = model.state();
  if (state.lsn !== expected.lsn) throw new Error(`the engine is at LSN ${state.lsn}, the model at ${expected.lsn}`);
  if (state.stateDigest === expected.stateDigest && Object.keys(state.tables).length === Object.keys(expected.tables).length) return;
  for (const [name, rows] of Object.entries(expected.tables)) {
    const others = state.tables[name] ?? [];
    for (let i = 0; i < Math.max(rows.length, others.length); i += 1) {
      const ours = JSON.stringify(rows[i] ?? null);
      const theirs = JSON.stringify(others[i] ? Object.fromEntries(Object.entries(others[i]!).sort(([a], [b]) => (a < b ? -1 : 1))) : null);
      if (ours !== theirs)
        throw new Error(
          `LSN ${state.lsn}: ${name} row ${i} of ${others.length} (${rows.length}) differs:\n  engine ${theirs}\n  model  ${ours}`,
        );
    }
  }
  throw new Error(`LSN ${state.lsn}: the digests differ and the rows do not: ${state.stateDigest}, ${expected.stateDigest}`);
}

/** Throws where a recovery's image is not the model's state. */
export function assertRecovered(recovery: Recovery, model: ReferenceModel): void {
  if (!recovery.image) throw new Error(`nothing was recovered: ${recovery.report.sentence}`);
  assertSame(canonicalState(recovery.image), model);
}
