/** Recoveries, judged by the rule and counted: a prefix of what was submitted, holding what was acknowledged, as the model has it. */

import { type Recovery, recover } from '../../main/cascade/recover.ts';
import { nativePlatform } from '../../main/engine/native-platform.ts';
import { openLog, readOperations } from '../../main/history/operations.ts';
import { canonicalState } from '../../main/image/canonical.ts';
import type { Image } from '../../main/image/image.ts';
import type { Finding } from '../../shared/contract/recovery.ts';
import { RearmError } from '../../shared/errors.ts';
import { intentToJson } from '../../shared/model/json.ts';
import { formatTime } from '../../shared/units.ts';
import type { History } from '../../simulation/model/history.ts';
import type { Operation, ReferenceModel } from '../../simulation/model/reference.ts';
import { isWithout, rowsLost } from '../../simulation/without.ts';
import { assertSame } from '../support/desk.ts';

const count = (map: Map<string, number>, key: string) => map.set(key, (map.get(key) ?? 0) + 1);
const list = (map: Map<string, number>) =>
  [...map]
    .sort()
    .map(([key, times]) => `${key} ${times}`)
    .join(', ');

export class Tally {
  /** Deaths; of them, those in the middle of opening and of accepting. */
  runs = 0;
  opening = 0;
  accepting = 0;
  operations = 0;
  acknowledgements = 0;
  recoveries = 0;
  readonly bases = new Map<string, number>();
  readonly outcomes = new Map<string, number>();
  rowsPruned = 0;
  segmentsFreed = 0;
  lost = 0;
  invented = 0;
  wrong = 0;
  crashed = 0;

  get failures() {
    const { lost, invented, wrong, crashed } = this;
    return { lost, invented, wrong, crashed };
  }

  /** For a sum over many of them. */
  get figures(): Readonly<Record<string, number>> {
    const { runs, opening, accepting, operations, acknowledgements, recoveries, lost, invented, wrong, crashed } = this;
    const refused = recoveries - (this.outcomes.get('recovered') ?? 0) - (this.outcomes.get('salvaged') ?? 0);
    return { runs, opening, accepting, operations, acknowledgements, recoveries, refused, lost, invented, wrong, crashed };
  }

  toString(): string {
    return (
      `${this.runs} runs (${this.opening} opening, ${this.accepting} accepting), ${this.operations} operations, ${this.acknowledgements} acknowledgements; ${this.recoveries} recoveries (${list(this.outcomes)}); bases: ${list(this.bases)}; ` +
      `${this.rowsPruned} prunes, ${this.segmentsFreed} segments freed; lost ${this.lost}, invented ${this.invented}, wrong ${this.wrong}, not a RearmError ${this.crashed}`
    );
  }

  /** Recovers and judges; null where it was refused. @throws what does not hold */
  judge(root: string, history: History, acknowledged: number, bootId = nativePlatform.bootId): Recovery | null {
    this.recoveries += 1;
    let recovery: Recovery;
    try {
      recovery = recover({ storage: nativePlatform.storage, clock: nativePlatform.clock, root, bootId });
    } catch (error) {
      if (!(error instanceof RearmError) || error.code === 'INTERNAL') {
        this.crashed += 1;
        throw error;
      }
      count(this.outcomes, error.code);
      return null;
    }
    const { report, image } = recovery;
    count(this.outcomes, report.outcome);
    if (image) {
      if (report.lsn > history.lastLsn) {
        this.invented += 1;
        throw new Error(`invented: LSN ${report.lsn} of ${history.lastLsn}: ${report.sentence}`);
      }
      const lost = report.outcome === 'refused' ? report.findings.filter(({ code }) => code === 'PAGE_LOST') : [];
      try {
        if (lost.length === 0) assertSame(canonicalState(image), history.at(report.lsn));
        else assertWithout(lost, image, history.at(report.lsn));
      } catch (error) {
        this.wrong += 1;
        throw new Error(`wrong state (${report.outcome}, base ${report.base} at ${report.baseLsn}): ${(error as Error).message}`, {
          cause: error,
        });
      }
      if (report.base) count(this.bases, report.base);
    }
    if (report.outcome === 'refused') return null;
    if (report.lsn < acknowledged) {
      this.lost += 1;
      throw new Error(`lost: LSN ${report.lsn}, ${acknowledged} was acknowledged: ${report.outcome}: ${report.sentence}`);
    }
    return recovery;
  }
}

/** Throws where a state without the rows of lost pages lacks others, or has other ones. */
function assertWithout(lost: readonly Finding[], image: Image, model: ReferenceModel): void {
  const expected = model.state().tables;
  for (const [table, rows] of Object.entries(canonicalState(image).tables))
    if (!isWithout(rows, expected[table] ?? [], rowsLost(lost, table)))
      throw new Error(`${table} lacks more than the pages that are lost held`);
}

/** The operations that the log holds from `from` on. */
export function logged(root: string, from: number): Operation[] {
  const lines: Operation[] = [];
  readOperations(openLog(nativePlatform.storage, root), from, Number.MAX_SAFE_INTEGER, ({ lsn, posted, timeNs, intent }) => {
    const json = intentToJson(intent);
    lines.push({ lsn, type: json.type, class: posted ? 'post' : 'commit', time: formatTime(timeNs), intent: json });
    return undefined;
  });
  return lines;
}
