/** The outside record of what was submitted and acknowledged, for whoever checks the engine: JSON lines, written before and after. */

import { appendFileSync, openSync, writeSync } from 'node:fs';
import type { Engine, Submission } from '../../../main/index.ts';
import { intentToJson } from '../../../shared/model/json.ts';
import type { Intent } from '../../../shared/model/operations.ts';
import { formatTime } from '../../../shared/units.ts';

/** Writes every submission before the engine's writer has it; the write survives the death of this process. */
export function submissionLog(path: string | null): ((submission: Submission) => void) | undefined {
  if (path === null) return undefined;
  appendFileSync(path, '');
  const fd = openSync(path, 'a');
  return ({ lsn, posted, timeNs, intent }) => {
    writeSync(
      fd,
      `${JSON.stringify({ lsn, type: intent.type, class: posted ? 'post' : 'commit', time: formatTime(timeNs), intent: intentToJson(intent) })}\n`,
    );
  };
}

/** The engine with its acknowledgements told to the parent process as they come. */
export class Ledger {
  readonly engine: Engine;
  readonly #acknowledged: (lsn: number) => void;

  constructor(engine: Engine, acknowledged: (lsn: number) => void) {
    this.engine = engine;
    this.#acknowledged = acknowledged;
  }

  /** Resolves when the operation is durable. */
  async commit(intent: Intent): Promise<void> {
    const lsn = await this.engine.commit(intent);
    this.#acknowledged(lsn);
  }

  post(intent: Intent): void {
    this.engine.post(intent);
  }
}

/** Acknowledgements go to the parent over standard output, a JSON line each. */
export function acknowledgeToParent(lsn: number): void {
  process.stdout.write(`{"acknowledged":${lsn}}\n`);
}
