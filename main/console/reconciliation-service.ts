/** The reconciliation of one store as the console shows it: the venues asked whole, the breaks, and what is staged on them. */

import type { ReconcileView, VenueAsked } from '../../shared/contract/contract.ts';
import type { Decision, ReconcileReport } from '../../shared/contract/reconcile.ts';
import { type ErrorData, errorData, RearmError } from '../../shared/errors.ts';
import { openLog } from '../history/operations.ts';
import type { Image } from '../image/image.ts';
import type { OwnCancel } from '../reconcile/break.ts';
import { type History, readHistory } from '../reconcile/history.ts';
import { needsFromNothing, needsOf } from '../reconcile/needs.ts';
import { type Ours, readOurs } from '../reconcile/ours.ts';
import { reconciliation, stage } from '../reconcile/reconcile.ts';
import { type Resolutions, resolve, type StagedDecision } from '../reconcile/resolutions.ts';
import { TOLERANCES } from '../reconcile/tolerances.ts';
import type { Clock, Storage } from '../storage/storage.ts';
import { isoTime } from '../venues/answer.ts';
import type { VenueConnection } from '../venues/client.ts';
import { gatherVenue, type Needs, type VenueEvidence } from '../venues/evidence.ts';

/** How often the screen follows a venue that is still being asked. */
const ASKED_MS = 200;

export interface ReconciliationOptions {
  readonly storage: Storage;
  readonly clock: Clock;
  readonly root: string;
  /** The recovered state and what is known of its end; null before a recovery. */
  readonly recovered: () => {
    readonly image: Image;
    readonly store: string;
    readonly crashedAtMs: number | undefined;
    readonly fromNothing: boolean;
  } | null;
  readonly connections: () => Promise<readonly VenueConnection[]>;
  /** Orders that this console cancelled, by the moment. */
  readonly cancelled: () => ReadonlyMap<string, OwnCancel>;
  readonly changed: (view: ReconcileView) => void;
  /** Each venue's risk answers as they come, so that the venues' panel follows too. */
  readonly answered: (evidence: VenueEvidence) => void;
}

/** What the last round compared: the resolutions are made of the same answers. */
interface Round {
  readonly ours: Ours;
  readonly history: History | null;
  readonly evidence: readonly VenueEvidence[];
  readonly askedAt: string;
  readonly crashedAtMs: number | undefined;
  readonly cancelled: ReadonlyMap<string, OwnCancel>;
  readonly store: string;
}

export class ReconciliationService {
  readonly #options: ReconciliationOptions;
  readonly #staged = new Map<string, StagedDecision & { readonly at: string }>();
  #round: Round | undefined;
  #report: ReconcileReport | null = null;
  #error: ErrorData | null = null;
  #running: Promise<void> | undefined;
  #asked = new Map<string, VenueAsked>();

  constructor(options: ReconciliationOptions) {
    this.#options = options;
  }

  get view(): ReconcileView {
    return { running: this.#running !== undefined, asked: [...this.#asked.values()], report: this.report, error: this.#error };
  }

  /** The last report, with what is staged now. */
  get report(): ReconcileReport | null {
    let report = this.#report;
    for (const { breakId, decision, comment, by, at } of this.#staged.values())
      if (report) report = stage(report, [breakId], { decision, comment, by, at });
    return report;
  }

  /** Whether the last report compares the state at this LSN, and was not followed by a round that failed. */
  isOf(lsn: number): boolean {
    return this.#report?.lsn === lsn && this.#error === null;
  }

  /** Asks the venues and compares, or joins the round that runs. A failure is in the view. */
  run(): Promise<void> {
    this.#running ??= this.#run().finally(() => {
      this.#running = undefined;
      this.#asked.clear();
      this.#tell();
    });
    this.#tell();
    return this.#running;
  }

  async #run(): Promise<void> {
    const { storage, clock, root } = this.#options;
    const recovered = this.#options.recovered();
    try {
      if (!recovered) throw new RearmError('NOT_RECOVERED', 'there is no recovered state to compare with the venues', {});
      const connections = await this.#options.connections();
      const ours = readOurs(recovered.image, recovered.store);
      const history = recovered.fromNothing ? null : readHistory(openLog(storage, root), ours);
      const nowMs = Number(clock.wallNs() / 1_000_000n);
      const needs = ({ configuration }: VenueConnection) =>
        recovered.fromNothing ? needsFromNothing(configuration, ours, nowMs) : needsOf(configuration, ours, history);
      const evidence = await Promise.all(connections.map((connection) => this.#gather(connection, () => needs(connection))));
      this.#round = {
        ours,
        history,
        evidence,
        askedAt: isoTime(clock.wallNs()),
        crashedAtMs: recovered.crashedAtMs,
        cancelled: this.#options.cancelled(),
        store: recovered.store,
      };
      this.#compare();
      this.#error = null;
    } catch (error) {
      this.#error = errorData(error);
    }
  }

  /** Asks one venue, and tells how far it is: a venue of many pages takes a while. */
  async #gather(connection: VenueConnection, needs: () => Needs): Promise<VenueEvidence> {
    const { clock } = this.#options;
    const { name, questions } = connection;
    const startNs = clock.monotonicNs();
    const tell = (status: VenueAsked['status'], reason: string): void => {
      const ms = Number(clock.monotonicNs() - startNs) / 1e6;
      this.#asked.set(name, { name, status, questions: connection.questions - questions, ms, reason });
      this.#tell();
    };
    tell('asking', '');
    const timer = setInterval(() => tell('asking', ''), ASKED_MS);
    try {
      const evidence = await gatherVenue(connection, { clock, needs });
      clearInterval(timer);
      tell(evidence.report.status, evidence.report.reason);
      this.#options.answered(evidence);
      return evidence;
    } finally {
      clearInterval(timer);
    }
  }

  #compare(): void {
    this.#report = reconciliation(this.#round!.ours, this.#round!.evidence, this.#reconcileOptions()).report;
    for (const breakId of this.#staged.keys()) if (!this.#report.breaks.some(({ id }) => id === breakId)) this.#staged.delete(breakId);
  }

  #reconcileOptions() {
    const { askedAt, history, crashedAtMs, cancelled, store } = this.#round!;
    return { askedAt, store, tolerances: TOLERANCES, crashedAtMs, cancelled, history };
  }

  /** @throws RearmError NOT_FOUND for a break that is not in the report; OPERATION_INVALID where the decision is not open for it */
  stage(breakIds: readonly string[], decision: Decision, comment: string, by: string): void {
    const report = this.#report;
    for (const id of breakIds) {
      const entry = report?.breaks.find((found) => found.id === id);
      if (!entry) throw new RearmError('NOT_FOUND', `there is no break ${id}: reconcile again`, { id });
      if (!entry.proposals.includes(decision) && decision !== 'note') {
        throw new RearmError('OPERATION_INVALID', `${decision} is not open for a break of the kind ${entry.kind}`, { id, decision });
      }
    }
    const at = isoTime(this.#options.clock.wallNs());
    for (const breakId of breakIds) this.#staged.set(breakId, { breakId, decision, comment, by, at });
    this.#tell();
  }

  unstage(breakIds: readonly string[]): void {
    for (const id of breakIds) this.#staged.delete(id);
    this.#tell();
  }

  /** The operations that carry out what is staged. @throws RearmError BREAKS_UNRESOLVED, OPERATION_INVALID, NOT_FOUND */
  resolutions(): Resolutions {
    if (!this.#round || this.#staged.size === 0) return { intents: [], cancels: [], settled: [], gone: [] };
    return resolve(
      [...this.#staged.values()],
      this.#round.ours,
      this.#round.evidence,
      this.#reconcileOptions(),
      this.#options.clock.wallNs(),
    );
  }

  /** The staged decisions were carried out. */
  settled(breakIds: readonly string[]): void {
    for (const id of breakIds) this.#staged.delete(id);
    this.#tell();
  }

  #tell(): void {
    this.#options.changed(this.view);
  }
}
