/** The recovery of one store as the console shows it: run in the store's thread, told as it goes. */

import type { RecoveryView } from '../../shared/contract/contract.ts';
import type { RecoveryProgress, RecoveryReport } from '../../shared/contract/recovery.ts';
import { errorData, RearmError } from '../../shared/errors.ts';
import type { Died } from '../history/died.ts';
import { Image } from '../image/image.ts';
import { isAcceptance } from '../store/lineage.ts';
import type { StoreClient } from './store-client.ts';
import type { StoreRecovery } from './store-thread.ts';

/** What an acceptance opened, as the store itself shows it. */
export interface AcceptedHead {
  readonly epoch: number;
  readonly lsn: number;
  readonly headHash: string;
}

export class RecoveryService {
  readonly #client: StoreClient;
  readonly #changed: (view: RecoveryView) => void;
  #running: Promise<void> | undefined;
  #progress: RecoveryProgress | null = null;
  #report: RecoveryReport | null = null;
  #image: Image | null = null;
  #epoch: StoreRecovery['epoch'] = null;
  #reconstructed = false;
  #died: Died | null = null;
  #told = 0;

  constructor(client: StoreClient, changed: (view: RecoveryView) => void) {
    this.#client = client;
    this.#changed = changed;
  }

  get view(): RecoveryView {
    return { running: this.#running !== undefined, progress: this.#progress, report: this.#report };
  }

  get report(): RecoveryReport | null {
    return this.#report;
  }

  /** The recovered state; null before a recovery has ended, or where nothing whole is left. */
  get image(): Image | null {
    return this.#image;
  }

  /** The state is made of the venues' answers: nobody knows whose positions they are. */
  get reconstructed(): boolean {
    return this.#reconstructed;
  }

  /** The end of the engine, whatever was accepted since; null before a recovery, and where it recovered nothing. */
  get died(): Died | null {
    return this.#died;
  }

  /** The head that an approval can be bound to; null before an acceptance. */
  get accepted(): AcceptedHead | null {
    const report = this.#report;
    if (!this.#epoch || !isAcceptance(this.#epoch.reason) || report?.base === 'L5' || !report?.headHash) return null;
    return { epoch: this.#epoch.epoch, lsn: report.lsn, headHash: report.headHash };
  }

  /**
   * Starts a recovery, or joins the one that runs. Its failure is in the report.
   * @param reconstruct where nothing is left: go on with an empty state, for the venues to fill
   */
  run(reconstruct = false): Promise<void> {
    this.#running ??= this.#run(reconstruct).finally(() => {
      this.#running = undefined;
      this.#tell();
    });
    this.#tell();
    return this.#running;
  }

  async #run(reconstruct: boolean): Promise<void> {
    this.#progress = null;
    try {
      const { report, pages, lsn, rowsMax, epoch, reconstructed, died } = await this.#client.ask('recover', { reconstruct });
      this.#report = report;
      this.#epoch = epoch;
      this.#reconstructed = reconstructed;
      this.#died = died;
      this.#image = null;
      if (pages) {
        const image = new Image(rowsMax);
        image.bytes.set(pages);
        image.mapPages(pages.length / 4096);
        image.lsn = lsn;
        this.#image = image;
      }
    } catch (error) {
      if (error instanceof RearmError && error.code === 'CANCELLED') return;
      this.#report = failedReport(error);
      this.#image = null;
      this.#died = null;
    } finally {
      this.#progress = null;
    }
  }

  progressed(progress: RecoveryProgress): void {
    this.#progress = progress;
    // The screen follows at 20 a second; the end is told in any case.
    const now = Date.now();
    if (now - this.#told < 50) return;
    this.#tell();
  }

  #tell(): void {
    this.#told = Date.now();
    this.#changed(this.view);
  }

  cancel(): void {
    this.#client.cancel();
  }
}

/** A store that could not even be identified: the report says why. */
function failedReport(error: unknown): RecoveryReport {
  const data = errorData(error);
  return {
    store: '',
    storeId: '',
    epoch: 0,
    outcome: 'refused',
    sentence: `Not recovered: ${data.message}.`,
    base: null,
    baseLsn: null,
    lsn: 0,
    acknowledgedLsn: 0,
    lostAcknowledged: null,
    replayed: 0,
    tornBytes: 0,
    stateDigest: null,
    root: null,
    headHash: null,
    lastOperationAt: null,
    writerAlive: false,
    closedInOrder: false,
    tiers: [],
    copies: [],
    wal: { status: 'unread', segments: 0, bytes: 0, firstLsn: null, lastLsn: 0, tornBytes: 0, tornAt: null },
    steps: [],
    decisions: [],
    findings: [{ code: data.code, severity: 'critical', message: data.message }],
    pageMap: { states: '', sources: [], sourceOf: '' },
    unacknowledgedOrders: 0,
    rtoMs: 0,
    rtoBudgetMs: 0,
    startedAt: new Date().toISOString(),
    error: data,
  };
}
