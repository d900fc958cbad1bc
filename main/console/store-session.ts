/**
 * One store in the console: its recovery and its venues side by side, what follows from both, and the acts of the people who look at
 * it. It keeps views; the truth is in the store, at the venues and behind the gate.
 */

import { createHash } from 'node:crypto';
import { basename, dirname } from 'node:path';
import type { ReconcileView, RecoveryView, VenuesView } from '../../shared/contract/contract.ts';
import type { TenFacts } from '../../shared/contract/facts.ts';
import type { Bounds, GateView, Scope } from '../../shared/contract/gate.ts';
import type { Decision } from '../../shared/contract/reconcile.ts';
import type { CancelReport, CancelScope } from '../../shared/contract/venues.ts';
import { type ErrorData, errorData, RearmError } from '../../shared/errors.ts';
import { TABLES } from '../../shared/model/tables.ts';
import { acceptedOnRecord, acceptOnRecord, type SeenRecovery } from '../engine/accept-on-record.ts';
import type { Platform } from '../engine/start.ts';
import type { DossierDraft, World } from '../gate/gate.ts';
import { inScope } from '../gate/modes.ts';
import { decidedSinceCrash } from '../history/decided.ts';
import { CanonicalReader } from '../image/canonical.ts';
import { readIdentity } from '../store/identity.ts';
import { storeLayout } from '../store/layout.ts';
import { everAccepted } from '../store/lineage.ts';
import type { EventHub } from './events.ts';
import { FactsService } from './facts-service.ts';
import { GateService } from './gate-service.ts';
import { ReconciliationService } from './reconciliation-service.ts';
import { RecoveryService } from './recovery-service.ts';
import { type StateAtCrash, stateAtCrash } from './state-at-crash.ts';
import { StoreClient } from './store-client.ts';
import { VenueDesk } from './venue-desk.ts';

/** Venues are asked again this often while nobody trades. */
const VENUE_ROUND_MS = 5_000;
/** The gate is looked at this often: another process may have signed, released, burnt. */
const GATE_ROUND_MS = 1_000;
/** A comparison asks every venue for much: seldom enough for their limits. */
const COMPARE_ROUND_MS = 10_000;
/** What moves at the venues by itself is compared again this often: orders that fill on move all the time. */
const MOVED_ROUND_MS = 30_000;

/** The state of an engine that lives is read this often: its figures on the screen are not those of its start. */
const FOLLOW_ROUND_MS = 15_000;
/** A store that somebody writes. */
const HELD = 'held';

interface Override {
  readonly what: string;
  readonly reason: string;
}

export interface AcceptRequest {
  readonly by: string;
  readonly seen: SeenRecovery;
  readonly override?: Override | undefined;
}

export interface SessionOptions {
  readonly platform: Platform;
  readonly random: (bytes: number) => Uint8Array;
  readonly hub: EventHub;
  readonly index: number;
  readonly root: string;
  readonly venues: string | null;
}

/** An entry of the audit log has a bound; who stages hundreds of breaks at once leaves several. */
const BREAKS_PER_ENTRY = 100;
const chunked = (ids: readonly string[]): string[][] =>
  Array.from({ length: Math.ceil(ids.length / BREAKS_PER_ENTRY) }, (_, index) =>
    ids.slice(index * BREAKS_PER_ENTRY, (index + 1) * BREAKS_PER_ENTRY),
  );

export class StoreSession {
  readonly root: string;
  readonly name: string;
  readonly thread: StoreClient;
  readonly recovery: RecoveryService;
  readonly venues: VenueDesk;
  readonly reconciliation: ReconciliationService;
  readonly gate: GateService;
  readonly #facts: FactsService;
  readonly #options: SessionOptions;
  readonly #timers: NodeJS.Timeout[] = [];
  #lastGate = '';
  /** The store as it was when the recovery last looked into it. */
  #looked = '';
  /** When the state of an engine that lives was last read. */
  #followedMs = 0;
  /** Why what became true by itself is not on the record; told once. */
  #notEnforced = '';
  #lastAuditHead: string | null = null;
  /** The gate as it was last looked at. */
  #gateSeen: GateView | null = null;
  /** What the venues said when they were last compared with the state. */
  #comparedWith = '';
  #comparedMs = 0;
  /** The crash, kept from the first recovery that this console saw: an acceptance changes the state. */
  #atCrash: StateAtCrash | undefined;

  constructor(options: SessionOptions) {
    this.#options = options;
    const { platform, hub, index, root } = options;
    const { storage, clock } = platform;
    this.root = root;
    this.name = storeName(options) ?? (basename(root) === 'store' ? basename(dirname(root)) : basename(root));
    this.thread = new StoreClient(root, (progress) => this.recovery.progressed(progress));
    this.recovery = new RecoveryService(this.thread, (view) => {
      hub.emit('recovery.changed', { store: index, view });
      this.#facts.touch();
    });
    this.venues = new VenueDesk({
      clock,
      path: options.venues,
      symbols: (venue) => this.#facts.symbols(venue),
      lookup: () => this.#facts.cancelLookup(),
      changed: (view) => {
        hub.emit('venues.changed', { store: index, view });
        this.#facts.touch();
      },
    });
    this.reconciliation = new ReconciliationService({
      storage,
      clock,
      root,
      recovered: () => {
        const { image, report } = this.recovery;
        return image && report ? { image, store: report.store, crashedAtMs: this.#crashedAtMs(), fromNothing: report.base === 'L5' } : null;
      },
      connections: () => this.venues.connections(),
      cancelled: () => this.venues.cancelled,
      changed: (view) => {
        hub.emit('reconcile.changed', { store: index, view });
        this.#facts.touch();
      },
      answered: (evidence) => this.venues.take(evidence.report),
    });
    this.gate = GateService.open(
      root,
      { storage, clock, random: options.random, storeId: storeId(options), neverClosed: () => this.#neverClosed() },
      { world: () => this.#world(), draft: (scope, bounds) => this.#draft(scope, bounds) },
      (view) => hub.emit('gate.changed', { store: index, view }),
    );
    this.#facts = new FactsService({
      clock,
      recovery: this.recovery,
      venues: this.venues,
      reconciliation: this.reconciliation,
      gate: () => this.#gateSeen,
      lockHeld: () => storage.isLocked(storeLayout(root).lock),
      worthAtCrash: () => (this.recovery.accepted ? (this.#atCrash?.worth ?? { missing: 'the state' }) : undefined),
      changed: (facts) => hub.emit('facts.changed', { store: index, facts }),
    });
  }

  /** Starts the recovery and the venue queries side by side; the reconciliation follows when both have answered. */
  start(): void {
    this.#looked = this.#storeNow(false);
    this.#followedMs = Date.now();
    void this.#look(this.venues.query().catch(() => {}));
    this.#timers.push(
      setInterval(() => void this.venues.query().catch(() => {}), VENUE_ROUND_MS).unref(),
      setInterval(() => this.#lookAtGate(), GATE_ROUND_MS).unref(),
      setInterval(() => this.#compareAgain(), COMPARE_ROUND_MS).unref(),
    );
  }

  /** Recovers, and compares with the venues what was recovered. */
  async #look(asked: Promise<unknown> = Promise.resolve()): Promise<void> {
    await Promise.all([asked, this.recovery.run().then(() => this.#remember())]);
    if (this.venues.configured && this.recovery.image) await this.#compare();
  }

  async #remember(): Promise<void> {
    const { image, report, accepted, died } = this.recovery;
    if (this.#atCrash || !image || !report) return;
    if (accepted && died) {
      // This console came after the acceptance: what the engine knew at its end is in the log, until it is pruned.
      this.#atCrash = (await this.thread.ask('atCrash', { lsn: died.lsn }).catch(() => null)) ?? undefined;
      this.#facts.touch();
    } else this.#atCrash = stateAtCrash(image, report.store);
  }

  /**
   * While a dossier is signed, what it froze may change: an order or a fill of nobody shows only in another comparison. Before that, a
   * comparison holds until a venue answers otherwise: it came back, or its cancel-on-disconnect took its time.
   */
  #compareAgain(): void {
    const status = this.#gateSeen?.dossier?.status;
    const signed = status === 'open' || status === 'complete';
    const rested = Date.now() - this.#comparedMs > MOVED_ROUND_MS;
    const moved = rested && this.#looked !== HELD && this.reconciliation.report !== null && this.venues.standing !== this.#comparedWith;
    if (this.venues.configured && this.recovery.image && (signed || moved)) void this.#compare();
  }

  #compare(): Promise<void> {
    this.#comparedWith = this.venues.standing;
    this.#comparedMs = Date.now();
    return this.reconciliation.run();
  }

  /** Releases on what the venues answer now, not on what they answered when it was proposed. @throws as {@link GateService.release} */
  async release(by: string, dossierHash: string, gate: GateService): Promise<GateView> {
    if (this.venues.configured) await this.reconciliation.run();
    return gate.release(by, dossierHash);
  }

  #crashedAtMs(): number | undefined {
    const at = Date.parse(this.recovery.died?.at ?? '');
    return Number.isNaN(at) ? undefined : at;
  }

  /** An engine lives on a store whose gate it never had to pass. Whoever holds the lock after a crash accepts, or looks. */
  #neverClosed(): boolean {
    const { storage } = this.#options.platform;
    const layout = storeLayout(this.root);
    const { report } = this.recovery;
    const crashed = report !== null && !report.writerAlive && !report.closedInOrder;
    return !crashed && storage.isLocked(layout.lock) && !everAccepted(storage, layout, Buffer.from(storeId(this.#options), 'hex'));
  }

  /** Makes durable what became true by itself: a mode that expired, bounds that the world left, an engine that died after its release. */
  #enforce(): void {
    const { gate } = this.gate;
    const { nonce, mode } = gate.mode();
    // The mode before the lock: a released mode is only ever set under the lock.
    const asItIs = this.#storeNow(mode !== 'HALTED' && nonce !== null);
    if (asItIs !== this.#looked && !this.gate.isUnderWay('accepting')) {
      this.#looked = asItIs;
      if (asItIs !== HELD) void this.#lookAgain(mode !== 'HALTED' && nonce !== null);
    }
    // What an engine that lives has written by now.
    if (asItIs === HELD && Date.now() - this.#followedMs > FOLLOW_ROUND_MS) {
      this.#followedMs = Date.now();
      void this.recovery.run();
    }
    gate.enforce('console', this.#world());
  }

  /** Changes whenever an engine took the store, left it, or somebody accepted it. */
  #storeNow(released: boolean): string {
    const { storage } = this.#options.platform;
    const layout = storeLayout(this.root);
    return storage.isLocked(layout.lock) ? HELD : `epoch ${storage.list(layout.lineage).sort().at(-1)}${released ? ' released' : ''}`;
  }

  /** Somebody wrote since the recovery: an engine that is gone, in order or dead, or an acceptance elsewhere. The log tells. */
  async #lookAgain(released: boolean): Promise<void> {
    this.#atCrash = undefined;
    const looked = this.#look();
    await this.recovery.run();
    const { report, accepted } = this.recovery;
    if (!accepted) this.#facts.forget();
    // It began while that recovery looked: the next round looks again.
    if (report === null || report.writerAlive) this.#looked = HELD;
    else if (released && !report.closedInOrder)
      try {
        this.gate.gate.rehalt({ by: 'console', cause: 'engineDied' }, this.#world());
        this.#looked = this.#storeNow(false);
      } catch (error) {
        this.#alarm('gate', `The engine died; trading could not be halted on the record: ${errorData(error).message}.`);
      }
    await looked;
  }

  #lookAtGate(): void {
    try {
      this.#enforce();
      this.#notEnforced = '';
    } catch (error) {
      const { message } = errorData(error);
      if (message !== this.#notEnforced) this.#alarm('gate', `What changed by itself could not be recorded: ${message}.`);
      this.#notEnforced = message;
    }
    try {
      const head = this.gate.gate.auditHead();
      if (head !== null && head !== this.#lastAuditHead) this.#options.hub.emit('audit.changed', { store: this.#options.index, head });
      this.#lastAuditHead = head;
      const view = this.gate.view();
      // What runs by itself (the time that is left) is not a change.
      const { dossier, ...rest } = view;
      const seen = JSON.stringify([rest, dossier && { ...dossier, expiresInMs: 0 }]);
      if (seen === this.#lastGate) return;
      this.#lastGate = seen;
      this.#gateSeen = this.gate.tell();
      this.#facts.touch();
    } catch {
      // A gate that cannot be read now is asked again; its view says why when a screen asks.
    }
  }

  facts(): TenFacts {
    return this.#facts.facts();
  }

  /** @param reconstruct where nothing is left: the venues' answers fill an empty state */
  runRecovery(reconstruct: boolean): RecoveryView {
    const recovered = this.recovery.run(reconstruct);
    if (reconstruct) void recovered.then(() => (this.recovery.image ? this.reconciliation.run() : undefined));
    return this.recovery.view;
  }

  cancelRecovery(): RecoveryView {
    this.recovery.cancel();
    return this.recovery.view;
  }

  queryVenues(): VenuesView {
    void this.venues.query().catch((error: ErrorData) => this.#alarm('venues', error.message));
    return this.venues.view;
  }

  async cancelOrders(scope: CancelScope, by: string, gate: GateService): Promise<CancelReport> {
    try {
      gate.record(by, 'console.cancel', { scope: JSON.parse(JSON.stringify(scope)) });
    } catch (error) {
      // Taking risk off never waits for the record of it.
      this.#alarm('audit', `The cancel is not on the record: ${errorData(error).message}.`);
    }
    const report = await this.venues.cancel(scope, by);
    const fates: Record<string, number> = {};
    for (const { fate } of report.orders) fates[fate] = (fates[fate] ?? 0) + 1;
    try {
      const left = report.venues.map(({ venue, left }) => ({ venue, left: left ?? 'UNKNOWN' }));
      gate.record(by, 'console.cancelled', { status: report.status, fates, left });
    } catch (error) {
      this.#alarm('audit', `What became of the cancel is not on the record: ${errorData(error).message}.`);
    }
    return report;
  }

  runReconciliation(): ReconcileView {
    void this.reconciliation.run();
    return this.reconciliation.view;
  }

  /** @throws RearmError AUDIT_BROKEN: what cannot be put on the record is not staged; else as {@link ReconciliationService.stage} */
  stage(
    payload: { readonly breakIds: readonly string[]; readonly decision: Decision; readonly comment: string; readonly by: string },
    gate: GateService,
  ): ReconcileView {
    const { breakIds, decision, comment, by } = payload;
    for (const breaks of chunked(breakIds)) gate.record(by, 'console.stage', { decision, comment, breaks });
    this.reconciliation.stage(breakIds, decision, comment, by);
    return this.reconciliation.view;
  }

  unstage(breakIds: readonly string[], by: string, gate: GateService): ReconcileView {
    for (const breaks of chunked(breakIds)) gate.record(by, 'console.unstage', { breaks });
    this.reconciliation.unstage(breakIds);
    return this.reconciliation.view;
  }

  /**
   * Accepts the recovery with what is staged: a new epoch, the resolutions in it, trading halted.
   * @throws RearmError GATE_BUSY while another acceptance runs; RECOVERY_CHANGED where the store is not as it was seen; whatever
   *   {@link acceptRecovery} throws
   */
  async accept(request: AcceptRequest, gate: GateService): Promise<GateView> {
    try {
      return await this.gate.exclusively('accepting', () => this.#accept(request, gate));
    } catch (error) {
      // What stands there now is what has to be looked at next.
      if (error instanceof RearmError && error.code === 'RECOVERY_CHANGED') void this.#look();
      throw error;
    }
  }

  async #accept({ by, seen, override }: AcceptRequest, gate: GateService): Promise<GateView> {
    const { platform } = this.#options;
    const resolutions = this.reconciliation.resolutions();
    await acceptOnRecord({
      gate: gate.gate,
      host: 'console',
      platform,
      root: this.root,
      by,
      resolutions: resolutions.intents,
      seen,
      override,
      reconstruct: this.recovery.report?.base === 'L5',
      decisions: resolutions.settled.length,
    });
    this.reconciliation.settled(resolutions.settled);
    if (resolutions.cancels.length > 0) {
      const clientIds = resolutions.cancels.map(({ clientId }) => clientId).filter((id): id is string => Boolean(id));
      await this.venues.cancel({ clientIds, includeProtective: true }, by);
    }
    this.#looked = this.#storeNow(false);
    await this.recovery.run();
    if (this.venues.configured) void this.reconciliation.run();
    return this.gate.tell();
  }

  #world(): World {
    const { accepted } = this.recovery;
    return { accepted: accepted && { epoch: accepted.epoch, lsn: accepted.lsn, headHash: accepted.headHash }, now: this.#facts.worldNow() };
  }

  #draft(scope: Scope, bounds: Bounds): DossierDraft {
    const { report, image } = this.recovery;
    const reconciled = this.reconciliation.report;
    if (!report?.stateDigest || !image) throw new RearmError('NOT_RECOVERED', 'nothing was proposed: there is no recovered state', {});
    const recorded = acceptedOnRecord(this.gate.gate);
    if (!recorded) throw new RearmError('NOT_RECOVERED', 'nothing was proposed: the acceptance is not on the audit log’s record', {});
    if (!reconciled || !this.reconciliation.isOf(image.lsn))
      throw new RearmError('BREAKS_UNRESOLVED', 'nothing was proposed: the venues were not compared with the accepted state yet', {});
    const pending = reconciled.breaks.filter(({ staged }) => staged !== null && staged.decision !== 'note').length;
    if (pending > 0)
      throw new RearmError(
        'BREAKS_UNRESOLVED',
        `nothing was proposed: ${pending === 1 ? 'a decision is' : `${pending} decisions are`} staged and not carried out; accept again to carry ${pending === 1 ? 'it' : 'them'} out`,
        { pending },
      );
    const reader = new CanonicalReader(image);
    const risk = reader.rows(TABLES.risk)[0];
    const desk = reader.rows(TABLES.limits).find((row) => row.instrument === null);
    const now = this.#facts.exposureNow();
    const decided = decidedSinceCrash(this.#options.platform.storage, this.root);
    return {
      stateDigest: report.stateDigest,
      recovery: { ...recorded.recovery, base: this.recovery.reconstructed ? 'L5' : recorded.recovery.base },
      // What was decided and carried out is no break any more, and is what the signatures stand for. What is one now has no decision, whatever
      // was noted on it; a venue outside the scope stays halted, with its breaks.
      breaks: [
        ...decided.map(({ id, kind, decision, person, comment }) => ({
          id,
          kind,
          blocking: decision !== 'note',
          decision,
          comment: [comment, `decided by ${person}`].filter(Boolean).join('; '),
        })),
        ...reconciled.breaks.map(({ id, kind, blocking, venue, causedBy }) => ({
          id,
          kind,
          blocking: blocking && inScope(scope, venue),
          decision: blocking && inScope(scope, venue) ? null : causedBy.length > 0 ? 'explained' : 'doesNotBlock',
          comment: '',
        })),
      ],
      exposure: {
        grossAtCrash: this.#atCrash?.gross ?? String(risk?.grossExposure ?? '0'),
        netAtCrash: this.#atCrash?.net ?? String(risk?.netExposure ?? '0'),
        grossNow: now.gross,
        netNow: now.net,
        worthNow: this.#facts.worthNow(),
      },
      limits: { gross: limitText(desk?.maxExposure), net: null, loss: limitText(desk?.maxLoss) },
      venues: reconciled.venues.map(({ name, status, provable }) => ({ name, status, provable })),
      configurationHash: createHash('sha256')
        .update(JSON.stringify(reader.rows(TABLES.configurations)))
        .digest('hex'),
      overrides: recorded.overrides,
      scope,
      bounds,
    };
  }

  #alarm(id: string, text: string): void {
    this.#options.hub.emit('alarm', { store: this.#options.index, id, severity: 'high', text, at: new Date().toISOString() });
  }

  async close(): Promise<void> {
    for (const timer of this.#timers) clearInterval(timer);
    this.#facts.close();
    await this.thread.close();
  }
}

/** A limit of zero is no limit. */
const limitText = (value: unknown): string | null => (value === undefined || value === null || value === '0' ? null : String(value));

function storeName({ platform, root }: SessionOptions): string | null {
  try {
    return readIdentity(platform.storage, root).name;
  } catch {
    return null;
  }
}

/** A store that cannot be identified has no gate of its own; its id is zero until it can. */
function storeId({ platform, root }: SessionOptions): string {
  try {
    return readIdentity(platform.storage, root).storeId;
  } catch {
    return '0'.repeat(32);
  }
}
