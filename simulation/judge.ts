/**
 * The rule, applied to what a recovery made of a disk: a prefix of what was submitted, holding everything that was acknowledged,
 * equal to what the reference model makes of that prefix. The model shares no code with the engine.
 */

import { xxh64 } from '@node-rs/xxhash';
import { type Recovery, recover } from '../main/cascade/recover.ts';
import { canonicalState, stateDigest } from '../main/image/canonical.ts';
import type { Clock } from '../main/storage/storage.ts';
import { RearmError } from '../shared/errors.ts';
import { PAGE_BYTES } from '../shared/model/schema.ts';
import type { FileTree } from './file-tree.ts';
import { type Operation, ReferenceModel } from './model/reference.ts';
import { type Fault, SimulatedStorage } from './storage.ts';
import { isWithout, rowsLost } from './without.ts';
import { ROOT, ROWS_MAX } from './workload.ts';

export type Verdict = 'right' | 'lost' | 'invented' | 'wrong' | 'refused' | 'crashed';

export interface Judgement {
  readonly verdict: Verdict;
  readonly words: string;
  /** null where nothing was read. */
  readonly recovery: Recovery | null;
  /** Calls of the storage that it took. */
  readonly calls: number;
}

/** The model's digests along a history of operations. */
export class Digests {
  readonly #lines: readonly Operation[];
  readonly #digests: string[] = [];
  readonly #model = new ReferenceModel({ fillsMax: ROWS_MAX.fills });

  /** @param lines operation of LSN n at index n - 1; may still grow */
  constructor(lines: readonly Operation[]) {
    this.#lines = lines;
    this.#digests.push(this.#model.state().stateDigest);
  }

  at(lsn: number): string {
    while (this.#digests.length <= lsn) {
      this.#model.apply(this.#lines[this.#model.lsn]!);
      this.#digests.push(this.#model.state().stateDigest);
    }
    return this.#digests[lsn]!;
  }

  /** The model's rows at an LSN. */
  tables(lsn: number): Readonly<Record<string, unknown>> {
    const model = new ReferenceModel({ fillsMax: ROWS_MAX.fills });
    for (const line of this.#lines.slice(0, lsn)) model.apply(line);
    return model.state().tables;
  }
}

export interface Expectation {
  readonly digests: Digests;
  readonly submitted: number;
  readonly acknowledged: number;
  readonly bootId: string;
  readonly clock: Clock;
}

/** Images that were compared already: their bytes, and the digest that they had. */
const known = new Map<bigint, string>();

function digestOf({ image }: Recovery): string {
  const bytes = image!.bytes.subarray(0, image!.pageCount * PAGE_BYTES);
  const key = xxh64(bytes, BigInt(image!.lsn));
  let digest = known.get(key);
  if (digest === undefined) {
    digest = stateDigest(image!);
    if (known.size > 100_000) known.clear();
    known.set(key, digest);
  }
  return digest;
}

/**
 * @param whole with all that a recovery does after its RTO: the other copies in depth, the losses, the digest
 * @param fault of one of its calls: then an error that names it is right as well, and a refusal is not, because another try can read it
 */
export function judge(tree: FileTree, expected: Expectation, whole = false, fault?: Fault): Judgement {
  const { digests, submitted, acknowledged, bootId, clock } = expected;
  let recovery: Recovery;
  let changes = 0;
  const storage = new SimulatedStorage({
    tree,
    fault,
    effect: () => {
      changes += 1;
    },
  });
  const nothing = (verdict: Verdict, words: string): Judgement => ({ verdict, words, recovery: null, calls: storage.calls });
  try {
    recovery = recover({ storage, clock, root: ROOT, bootId, brief: !whole });
  } catch (error) {
    if (!(error instanceof RearmError) || error.code === 'INTERNAL')
      return nothing('crashed', `the recovery ended with ${(error as Error).stack}`);
    if (error.code === 'STORE_MISSING' && acknowledged === 0) return nothing('right', error.message);
    return nothing(fault && error.code === 'IO_FAILED' ? 'right' : 'refused', `${error.code}: ${error.message}`);
  }
  const { report, image } = recovery;
  const said = `${report.outcome} at LSN ${report.lsn} from ${report.base ?? 'the log'}, ${submitted} submitted, ${acknowledged} acknowledged: ${report.sentence}`;
  const { calls } = storage;
  const not = (verdict: Verdict, words: string): Judgement => ({ verdict, words: `${words}: ${said}`, recovery, calls });
  if (changes > 0) return not('wrong', `the recovery changed ${changes} things on the disk`);
  if (image) {
    if (report.lsn > submitted) return not('invented', 'operations that nobody submitted');
    const lost = report.outcome === 'refused' ? report.findings.filter(({ code }) => code === 'PAGE_LOST') : [];
    const differs =
      lost.length === 0
        ? digestOf(recovery) !== digests.at(report.lsn)
        : Object.entries(canonicalState(image).tables).some(
            ([table, rows]) => !isWithout(rows, digests.tables(report.lsn)[table] as readonly unknown[], rowsLost(lost, table)),
          );
    if (differs) return not('wrong', 'the state is not what the model makes of these operations');
  }
  if (report.outcome === 'refused') return not('refused', report.findings.map(({ code, message }) => `${code} ${message}`).join('; '));
  if (report.lsn < acknowledged) return not('lost', 'acknowledged operations are gone');
  return { verdict: 'right', words: said, recovery, calls };
}
