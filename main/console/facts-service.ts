/** The ten facts and the world's figures, derived from the views of the other services whenever one of them changes. */

import type { TenFacts } from '../../shared/contract/facts.ts';
import type { GateView } from '../../shared/contract/gate.ts';
import type { WorldNow } from '../gate/gate.ts';
import { inScope } from '../gate/modes.ts';
import { type Ours, readOurs } from '../reconcile/ours.ts';
import type { Clock } from '../storage/storage.ts';
import { type CancelLookup, lookupIn } from '../venues/cancel.ts';
import { textOf } from '../venues/decimal.ts';
import { type FactsInput, tenFacts, worthNow } from '../venues/facts.ts';
import { exposureOf } from '../venues/worst-case.ts';
import type { Worth } from '../venues/worth.ts';
import type { ReconciliationService } from './reconciliation-service.ts';
import type { RecoveryService } from './recovery-service.ts';
import type { VenueDesk } from './venue-desk.ts';

/** Changes come in bursts: facts are told this long after the first. */
const TOLD_AFTER_MS = 60;

export interface FactsOptions {
  readonly clock: Clock;
  readonly recovery: RecoveryService;
  readonly venues: VenueDesk;
  readonly reconciliation: ReconciliationService;
  readonly gate: () => GateView | null;
  /** Whether an engine holds the store now. */
  readonly lockHeld: () => boolean;
  /** What the positions had made at the crash, where an acceptance came after it; undefined where the recovered state is that of the crash. */
  readonly worthAtCrash: () => Worth | undefined;
  readonly changed: (facts: TenFacts) => void;
}

export class FactsService {
  readonly #options: FactsOptions;
  /** Venues at which a disconnect was seen to cancel: the orders that showed it are settled later. */
  readonly #disconnects = new Set<string>();
  #told: NodeJS.Timeout | undefined;
  #ours: { readonly of: unknown; readonly ours: Ours } | undefined;

  constructor(options: FactsOptions) {
    this.#options = options;
  }

  /** Our side, read once per recovered image. */
  #oursNow(): Ours | null {
    const { image, report } = this.#options.recovery;
    if (!image || !report) return null;
    if (this.#ours?.of !== image) this.#ours = { of: image, ours: readOurs(image, report.store) };
    return this.#ours!.ours;
  }

  facts(): TenFacts {
    const facts = tenFacts(this.#input());
    for (const { venue, cancelOnDisconnectObserved } of facts.venues) if (cancelOnDisconnectObserved) this.#disconnects.add(venue);
    return facts;
  }

  /** Another engine died: what was seen of the one before says nothing of it. */
  forget(): void {
    this.#disconnects.clear();
  }

  #input(): FactsInput {
    const { clock, recovery, venues, reconciliation, gate, lockHeld, worthAtCrash } = this.#options;
    const nowMs = Number(clock.wallNs() / 1_000_000n);
    return {
      venues: venues.reports,
      heard: venues.heard,
      recovery: recovery.report,
      ours: this.#oursNow(),
      reconciliation: reconciliation.report,
      gate: gate(),
      lock: { held: lockHeld(), at: new Date(nowMs).toISOString() },
      crashedAt: recovery.died?.at,
      worthAtCrash: worthAtCrash(),
      disconnects: this.#disconnects,
      nowMs,
    };
  }

  /** Symbols of a venue that the recovered state knows. */
  symbols(venue: string): readonly string[] {
    const ours = this.#oursNow();
    return ours ? [...ours.instruments.values()].filter((instrument) => instrument.venue === venue).map(({ symbol }) => symbol) : [];
  }

  cancelLookup(): CancelLookup {
    return lookupIn(this.#oursNow()?.orders ?? []);
  }

  /** Exposure at its worst; null is UNKNOWN. */
  exposureNow(): { readonly gross: string | null; readonly net: string | null } {
    const { range } = exposureOf({ venues: this.#options.venues.reports, heard: this.#options.venues.heard, ours: this.#oursNow() });
    const low = range.netWorstLow;
    const high = range.netWorstHigh;
    const net = low === null || high === null ? null : Math.abs(Number(low)) > Math.abs(Number(high)) ? low : high;
    return { gross: range.grossWorst, net };
  }

  /** What an approval's bounds are measured against; null before the venues were compared with the state. */
  worldNow(): WorldNow | null {
    const { reconciliation, recovery, gate } = this.#options;
    const { report } = reconciliation;
    if (!report) return null;
    const { gross, net } = this.exposureNow();
    const scope = gate()?.dossier?.dossier.scope;
    const blocking = report.breaks.filter((entry) => entry.blocking && (!scope || inScope(scope, entry.venue)));
    return {
      // Staged is not carried out. A comparison with another state, or one that failed, tells nothing.
      unexplainedBreaks: reconciliation.isOf(recovery.image?.lsn ?? -1) ? blocking.length : null,
      grossExposure: gross,
      netExposure: net,
      worth: this.worthNow(),
    };
  }

  /** What the positions made, realised and not, in the reporting currency; null is UNKNOWN. */
  worthNow(): string | null {
    const worth = worthNow(this.#input());
    return 'missing' in worth ? null : textOf(worth.units);
  }

  /** Something changed. */
  touch(): void {
    this.#told ??= setTimeout(() => {
      this.#told = undefined;
      this.#options.changed(this.facts());
    }, TOLD_AFTER_MS).unref();
  }

  close(): void {
    clearTimeout(this.#told);
  }
}
