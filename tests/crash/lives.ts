/** A store whose trading process dies again and again: each death judged by the rule, accepted, and gone on from. */

import fs from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import { acceptRecovery } from '../../main/engine/accept.ts';
import { nativePlatform } from '../../main/engine/native-platform.ts';
import type { RecoveryReport } from '../../shared/contract/recovery.ts';
import { History } from '../../simulation/model/history.ts';
import type { Random } from '../../simulation/model/random.ts';
import type { Operation } from '../../simulation/model/reference.ts';
import { SMALL_ROWS, temporaryDirectory } from '../support/desk.ts';
import { killAccepting, livelyConfig, type Moment, runAndKill } from './run.ts';
import { logged, type Tally } from './tally.ts';

const plain = (text: unknown) =>
  typeof text === 'string' && /^[+-]?\d+(\.\d+)?$/.test(text)
    ? text
        .replace(/^\+/, '')
        .replace(/^(-?)0+(?=\d)/, '$1')
        .replace(/(\.\d*?)0+$/, '$1')
        .replace(/\.$/, '')
        .replace(/^-0$/, '0')
    : text;
const comparable = ({ lsn, type, class: how, time, intent }: Operation) =>
  JSON.stringify([
    lsn,
    type,
    how,
    time,
    Object.entries(intent)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([name, value]) => [name, plain(value)]),
  ]);

/** What the log says was done is what was submitted. */
function compareLog(root: string, history: History, from: number, to: number): void {
  for (const line of logged(root, from)) {
    if (line.lsn > to) break;
    expect(comparable(line)).toBe(comparable(history.lines[line.lsn - 1]!));
  }
}

export class Lives {
  readonly directory = temporaryDirectory();
  readonly root = join(this.directory, 'store');
  readonly history = new History({ fillsMax: SMALL_ROWS.fills });
  readonly #tally: Tally;
  readonly #seed: number;
  #deaths = 0;

  constructor(tally: Tally, seed: number) {
    this.#tally = tally;
    this.#seed = seed;
  }

  /**
   * A process trades for `ms`, or is `ms` into the opening of the store, and is killed; what is left is recovered and judged.
   *
   * @throws what does not hold
   */
  async die(
    random: Random,
    ms: number,
    from: Moment = 'ready',
  ): Promise<{ readonly report: RecoveryReport; readonly acknowledged: number }> {
    const { root, directory, history } = this;
    const life = this.#deaths;
    this.#deaths += 1;
    const before = join(directory, 'history');
    if (life > 0) fs.writeFileSync(before, history.lines.map((line) => `${JSON.stringify(line)}\n`).join(''));
    const already = history.lastLsn;
    const death = await runAndKill(
      {
        root,
        submissions: join(directory, `submissions-${life}`),
        history: life === 0 ? null : before,
        seed: this.#seed,
        firstStep: life * 1_000_000,
        config: livelyConfig(random),
        generator: { prunes: random.chance(0.5) },
        rowsMax: SMALL_ROWS,
      },
      ms,
      history,
      undefined,
      from,
    );
    expect(death.alarms).toEqual([]);
    this.#tally.runs += 1;
    if (from === 'opening') this.#tally.opening += 1;
    this.#tally.operations += history.lastLsn - already;
    this.#tally.acknowledgements += death.acknowledgements;
    const acknowledged = Math.max(death.acknowledged, already);

    const recovery = this.#tally.judge(root, history, acknowledged);
    expect(recovery, 'a store that only died is recovered').not.toBeNull();
    const { report } = recovery!;
    expect(report.outcome).toBe('recovered');
    expect(report.lostAcknowledged).toBe(0);
    // No process was told of more than the report knows of.
    expect(report.acknowledgedLsn).toBeGreaterThanOrEqual(death.acknowledged);
    history.cut(report.lsn);
    this.#tally.rowsPruned += history.lines.slice(already).filter((line) => line.type === 'prune').length;
    const oldest = report.wal.firstLsn!;
    if (oldest > 1) this.#tally.segmentsFreed += 1;
    // What lies before was compared when it was written.
    compareLog(root, history, Math.max(oldest, already + 1), report.lsn);
    return { report, acknowledged };
  }

  /** The recovery is accepted: the next process goes on from there, and its death shows whether this one is kept. @throws what does not hold */
  async accept(): Promise<void> {
    const { root, history } = this;
    const accepted = await acceptRecovery({ platform: nativePlatform, root, by: 'the test' });
    this.#addAccepted();
    expect(accepted.lsn).toBe(history.lastLsn);
  }

  /** A process is killed `ms` after it began to accept: what it did of it is kept, or is not. @throws what does not hold */
  async dieAccepting(ms: number): Promise<void> {
    const { root, history } = this;
    const acknowledged = history.lastLsn;
    await killAccepting(root, ms);
    this.#addAccepted();
    this.#tally.runs += 1;
    this.#tally.accepting += 1;
    const recovery = this.#tally.judge(root, history, acknowledged);
    expect(recovery?.report.outcome, 'a store whose acceptance died is recovered').toBe('recovered');
    history.cut(recovery!.report.lsn);
  }

  #addAccepted(): void {
    for (const line of logged(this.root, this.history.lastLsn + 1)) {
      expect(['epoch.open', 'risk.halt', 'root.mark']).toContain(line.type);
      this.history.add(line);
    }
  }

  dispose(): void {
    if (!process.env.REARM_KEEP) fs.rmSync(this.directory, { recursive: true, force: true });
  }
}
